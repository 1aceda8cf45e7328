"""Bodies of embeddings (OpenAI's shape), classify and rerank (Cohere's shape)."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from service.gateway.wire.body import Body, Text, string_or_object, tag
from service.gateway.wire.inputs import MAX_INPUTS, Input, InputBody, InputsBody, Modality, to_input, to_inputs
from service.gateway.wire.pictures import decode_picture
from service.types import PictureBytes, RerankQuery

ModelName: TypeAlias = Annotated[
    str | None, Field(max_length=128, description="Name of a loaded model; left out, the default one.")
]
Label: TypeAlias = Annotated[str, Field(min_length=1, max_length=512)]
Template: TypeAlias = Annotated[str, Field(max_length=512, pattern=r"\{\}", examples=["a photo of a {}"])]


class EmbeddingsBody(Body):
    """Texts and pictures to turn into vectors."""

    input: InputsBody
    model: ModelName = None
    modality: Modality = None
    encoding_format: Annotated[
        Literal["float", "base64"], Field(description="`base64`: little-endian float32, as OpenAI's clients ask for.")
    ] = "float"
    dimensions: Annotated[
        int | None, Field(ge=1, le=65_536, description="Only the model's own dimension, unless it supports others.")
    ] = None
    user: Annotated[str | None, Field(max_length=256, description="Accepted for OpenAI's clients, and ignored.")] = None

    def inputs(self) -> list[Input]:
        return to_inputs(self.input, self.modality)


class ClassifyBody(Body):
    """Texts and pictures to hold against labels, without training."""

    input: InputsBody
    labels: Annotated[
        list[Label], Field(min_length=1, max_length=MAX_INPUTS, examples=[["cat", "dog"]], fail_fast=True)
    ]
    model: ModelName = None
    modality: Modality = None
    templates: Annotated[
        list[Template] | None,
        Field(min_length=1, max_length=32, description="Sentences with {} for the label; left out, the model's own."),
    ] = None

    def inputs(self) -> list[Input]:
        return to_inputs(self.input, self.modality)


class RerankQueryBody(Body):
    """A text, a picture, or both."""

    text: Text | None = None
    image: Annotated[str | None, Field(description="Base64 or a data URI.")] = None

    @model_validator(mode="after")
    def _holds_something(self) -> "RerankQueryBody":
        if self.text is None and self.image is None:
            raise PydanticCustomError("nothing_given", "give a text, an image, or both")
        return self

    def query(self) -> RerankQuery:
        image = PictureBytes(decode_picture(self.image)) if self.image is not None else None
        return RerankQuery(self.text, image)


class RerankBody(Body):
    """Documents to order by how well they match a query."""

    query: Annotated[
        Annotated[Text, Tag(tag("string"))] | Annotated[RerankQueryBody, Tag(tag("object"))],
        Discriminator(string_or_object),
        Field(examples=["red canvas shoe"]),
    ]
    documents: Annotated[list[InputBody], Field(min_length=1, max_length=MAX_INPUTS, fail_fast=True)]
    model: ModelName = None
    top_n: Annotated[int | None, Field(ge=1, description="How many of the best to return; left out, all.")] = None
    return_documents: Annotated[bool, Field(description="Return the texts of the documents too.")] = False

    def question(self) -> RerankQuery:
        if not isinstance(self.query, str):
            return self.query.query()
        query = to_input(self.query)
        return RerankQuery(query) if isinstance(query, str) else RerankQuery(None, query)

    def candidates(self) -> list[Input]:
        return [to_input(document) for document in self.documents]
