"""One item from bytes to what is stored: decode, encode on the bulk lane, fuse. Knows nothing of batches."""

from dataclasses import dataclass, replace

from index.types import FieldName, ItemWrite
from models.arrays import Vector
from models.compose import centre, product, unit
from service.decode import KeptPicture
from service.decode.decoder import Decoder
from service.embedder import Embedder
from service.errors import ItemInvalidError
from service.pipeline.access import OpenCollection
from service.pipeline.ingredients import truncation
from service.pipeline.intake import Draft, stands_alone, text_of
from service.queue import Encoded
from service.types import Deadline, ItemInput, Notice


@dataclass(frozen=True)
class EncodedItem:
    write: ItemWrite
    warnings: tuple[Notice, ...] = ()


class ItemEncoder:
    """Makes writes of drafts; raises what decoder, embedder and `models.compose` raise."""

    def __init__(self, decoder: Decoder, embedder: Embedder) -> None:
        self._decoder = decoder
        self._embedder = embedder

    async def encoded(self, opened: OpenCollection, draft: Draft, deadline: Deadline) -> EncodedItem:
        """Encodes what the item does not bring itself; nothing where the content is known."""
        if draft.is_known:
            # The hash covers the reference too; naming it again would take the place of the kept picture's.
            return EncodedItem(replace(draft.write, vectors={}, picture_ref=None))
        item = draft.item
        if stands_alone(opened.collection.spec, item):
            return EncodedItem(draft.write)
        kept = await self._kept(opened, item, deadline)
        image = await self._image_vector(opened, item, kept, deadline)
        text = await self._text(opened, item, deadline)
        if image is None and text is None and not item.vectors:
            raise ItemInvalidError(f"{opened.manifest.name} encodes pictures only: the item needs a picture")
        write = replace(
            draft.write,
            picture=None if kept is None else kept.kept,
            thumbnail=None if kept is None else kept.thumbnail,
            vectors=fields(opened, item, image, None if text is None else text.vector),
        )
        warned = text is not None and text.is_truncated
        return EncodedItem(write, (truncation(item.text or "", opened.manifest),) if warned else ())

    async def _kept(self, opened: OpenCollection, item: ItemInput, deadline: Deadline) -> KeptPicture | None:
        if item.image is None:
            return None
        policy = opened.collection.spec.pictures
        return await self._decoder.keep(item.image, opened.manifest.image.preprocessing, policy, deadline)

    async def _image_vector(
        self, opened: OpenCollection, item: ItemInput, kept: KeptPicture | None, deadline: Deadline
    ) -> Vector | None:
        if "image" in item.vectors:
            return unit(item.vectors["image"])
        if kept is None:
            return None
        return (await self._embedder.encode(opened.manifest, kept.pixels, "bulk", deadline)).vector

    async def _text(self, opened: OpenCollection, item: ItemInput, deadline: Deadline) -> Encoded | None:
        text = text_of(item)
        if text is None or "product" in item.vectors or not opened.manifest.encodes_text:
            return None
        return await self._embedder.encode(opened.manifest, text, "bulk", deadline)


def fields(
    opened: OpenCollection, item: ItemInput, image: Vector | None, text: Vector | None
) -> dict[FieldName, Vector]:
    """The vectors float32 [d] of an item: `image` as it is, `product` fused from centred parts (ADR 2)."""
    manifest = opened.manifest
    found: dict[FieldName, Vector] = {}
    if image is not None:
        found["image"] = image
    if "product" in item.vectors:
        found["product"] = unit(item.vectors["product"])
    elif image is not None or text is not None:
        found["product"] = product(
            None if image is None else centre(image, manifest.mean("image")),
            None if text is None else centre(text, manifest.mean("text")),
            manifest.product_image_weight,
        )
    return {name: vector for name, vector in found.items() if name in opened.collection.spec.fields}
