"""Every error that may reach a client: one tree, one table from error to code, title and HTTP status.

The errors of `models` and `index` are translated here and nowhere else. The gateway asks `problem_for`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import index.errors as store
import models.errors as model
from service.types import Problem


class ServiceError(Exception):
    """Root of the errors of `service`. The message is a sentence that says what to do."""


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a request; `path` is written like `query.terms[1].weight`."""

    path: str
    message: str


class RequestInvalidError(ServiceError):
    """The body does not fit the schema of the route; `errors` say where."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class JsonInvalidError(ServiceError):
    """The body is no JSON, or not UTF-8."""


class Base64InvalidError(ServiceError):
    """A picture or a vector is not valid base64."""


class BodyTooLargeError(ServiceError):
    """The body has more bytes than the limit."""


class ContentTypeError(ServiceError):
    """The content type is not one that the route takes."""


class RouteNotFoundError(ServiceError):
    """No route of that path."""


class MethodNotAllowedError(ServiceError):
    """The route does not take that method."""


class UrlNotFetchedError(ServiceError):
    """A picture was given as a URL; this version fetches nothing."""

    def __init__(self) -> None:
        super().__init__(
            'pictures are not fetched from URLs in this version: send the bytes as {"base64": "…"} instead'
        )


class NotImplementedYetError(ServiceError):
    """Part of the interface that a later step of the road brings."""


class OverloadedError(ServiceError):
    """A queue is full; nothing was done. `retry_after_s` is an honest guess."""

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ShuttingDownError(OverloadedError):
    """The process drains; another one, or a later attempt, will answer."""


class QueueAwayError(OverloadedError):
    """What carries work to the workers does not answer, or no worker is behind it."""


class NotReadyError(ServiceError):
    """This process cannot serve yet, or not any more."""


class DeadlineExceededError(ServiceError):
    """The answer was not there in time; the work was dropped."""


class QueryExpiredError(ServiceError):
    """The state of a query is no longer kept."""


class RefinementError(ServiceError):
    """The refinement does not fit the query that it refines."""


class QueryInvalidError(ServiceError):
    """The query makes no sense for this collection."""


class AttributeUnknownError(ServiceError):
    """An attribute that the collection does not have, or not of the needed type."""


class ItemInvalidError(ServiceError):
    """An item that holds nothing to index, or breaks a limit."""


class DuplicateIdError(ServiceError):
    """An id occurs more than once in a batch; its first occurrence was taken."""


class TextTooLongError(ServiceError):
    """A text has more characters than the limit (the context of a model is another, softer one)."""


class LimitExceededError(ServiceError):
    """More inputs, labels or hits than one request may ask for."""


class PictureNotKeptError(ServiceError):
    """The item has no kept picture."""


class ModelNotFoundError(ServiceError):
    """No loaded model of that name."""


class ModelNotLoadedError(ServiceError):
    """The collection lives in the space of a model that is not loaded."""


class SpaceWithoutModelError(ServiceError):
    """Something has to be encoded for a collection whose vectors no loaded model makes."""


class DimensionsNotSupportedError(ServiceError):
    """The model gives vectors of its own dimension only."""


class EncoderFailedError(ServiceError):
    """The encoder raised on this input."""


class MiscountError(EncoderFailedError):
    """The encoder gave another number of vectors than it got inputs; none of them is used."""


class EncoderCrashedError(ServiceError):
    """The process of the encoder died during this work; it is being started again."""


class InputQuarantinedError(ServiceError):
    """This very content crashed the encoder or the decoder twice on its own; it is refused for a while."""


class CodecError(ServiceError):
    """Bytes in the encode queue that are no message of this release's version."""


class NoBundleError(ServiceError):
    """No model bundle in the folders of the settings."""


class SettingsError(ServiceError):
    """A setting is unknown or has no valid value."""


@dataclass(frozen=True)
class Entry:
    """How one error is shown."""

    code: str
    title: str
    status: int


INTERNAL = Entry("internal_error", "Something went wrong here, and not in the request", 500)

TABLE: dict[type[Exception], Entry] = {
    ServiceError: INTERNAL,
    RequestInvalidError: Entry("request_invalid", "The request does not fit the schema", 422),
    JsonInvalidError: Entry("json_invalid", "The body is not valid JSON", 400),
    Base64InvalidError: Entry("base64_invalid", "Not valid base64", 400),
    BodyTooLargeError: Entry("body_too_large", "The body is too large", 413),
    ContentTypeError: Entry("content_type_unsupported", "The content type is not supported here", 415),
    RouteNotFoundError: Entry("route_not_found", "No such route", 404),
    MethodNotAllowedError: Entry("method_not_allowed", "The route does not take this method", 405),
    UrlNotFetchedError: Entry("url_not_fetched", "URLs are not fetched", 400),
    NotImplementedYetError: Entry("not_implemented_yet", "Not implemented yet", 501),
    OverloadedError: Entry("overloaded", "Too much work at the moment", 503),
    ShuttingDownError: Entry("shutting_down", "The service is shutting down", 503),
    QueueAwayError: Entry("queue_away", "Nobody takes work at the moment", 503),
    NotReadyError: Entry("not_ready", "Not able to serve", 503),
    DeadlineExceededError: Entry("deadline_exceeded", "The answer was not there in time", 504),
    QueryExpiredError: Entry("query_expired", "The query is no longer kept", 410),
    RefinementError: Entry("refinement_invalid", "The refinement does not fit the query", 400),
    QueryInvalidError: Entry("query_invalid", "The query makes no sense here", 400),
    AttributeUnknownError: Entry("attribute_unknown", "No such attribute", 400),
    ItemInvalidError: Entry("item_invalid", "The item cannot be indexed", 400),
    DuplicateIdError: Entry("duplicate_id", "The id occurs more than once in the batch", 409),
    TextTooLongError: Entry("text_too_long", "The text is too long", 400),
    LimitExceededError: Entry("limit_exceeded", "More than one request may ask for", 400),
    PictureNotKeptError: Entry("picture_not_kept", "The item has no kept picture", 404),
    ModelNotFoundError: Entry("model_not_found", "No such model", 404),
    ModelNotLoadedError: Entry("model_not_loaded", "The model of the collection is not loaded", 409),
    SpaceWithoutModelError: Entry("space_without_model", "No model encodes for this collection", 409),
    DimensionsNotSupportedError: Entry("dimensions_not_supported", "Not a dimension of this model", 400),
    EncoderFailedError: Entry("encoder_failed", "The encoder failed on this input", 500),
    MiscountError: Entry("encoder_miscount", "The encoder failed", 500),
    EncoderCrashedError: Entry("encoder_crashed", "The encoder is being started again", 503),
    InputQuarantinedError: Entry("input_quarantined", "This input crashed the encoder before", 422),
    CodecError: Entry("queue_message_invalid", "A message of the encode queue cannot be read", 500),
    NoBundleError: Entry("no_model", "There is no model", 503),
    SettingsError: Entry("settings_invalid", "The settings are not valid", 500),
    model.ModelError: INTERNAL,
    model.BundleError: Entry("bundle_invalid", "The model bundle is damaged", 500),
    model.PictureError: Entry("picture_invalid", "The picture cannot be used", 400),
    model.PictureUnreadableError: Entry("picture_unreadable", "Not a readable picture", 400),
    model.PictureTooLargeError: Entry("picture_too_large", "The picture is too large", 413),
    model.BoxError: Entry("box_invalid", "The box does not fit the picture", 400),
    model.EngineUnavailableError: Entry("engine_unavailable", "The engine cannot run the model", 503),
    model.PrecisionError: Entry("precision_unavailable", "No engine runs the model at that precision", 503),
    model.TextError: Entry("text_empty", "The text holds nothing to search for", 400),
    model.NoTextTowerError: Entry("model_has_no_text", "The model encodes pictures only", 400),
    model.CompositionError: Entry("composition_invalid", "The parts of the query cancel out", 400),
    store.StoreError: INTERNAL,
    store.CollectionNotFoundError: Entry("collection_not_found", "No such collection", 404),
    store.CollectionExistsError: Entry("collection_exists", "The collection exists with other settings", 409),
    store.CollectionNameError: Entry("collection_name_invalid", "Not a name for a collection", 400),
    store.CodecUnfitError: Entry("codec_unfit", "The codec does not take these vectors", 400),
    store.CollectionLockedError: Entry("collection_locked", "Another process writes to the collection", 409),
    store.ReadOnlyError: Entry("collection_read_only", "This process only reads the collection", 409),
    store.CorruptError: Entry("collection_corrupt", "A file of the collection is damaged", 500),
    store.SpaceMismatchError: Entry("space_mismatch", "A vector of another space or dimension", 400),
    store.VectorError: Entry("vector_invalid", "Not a usable vector", 400),
    store.AttributeValueError: Entry("attribute_value_invalid", "An attribute of the wrong type", 400),
    store.FilterError: Entry("filter_invalid", "The filter does not fit the collection", 400),
    store.ItemNotFoundError: Entry("item_not_found", "No such item", 404),
    store.FieldNotFoundError: Entry("field_not_found", "No such vector field", 400),
    store.SequenceTimeoutError: Entry("sequence_timeout", "The write is not visible yet", 504),
    store.WritesBehindError: Entry("writes_behind", "Too many writes wait for the disk", 503),
    store.SealingBehindError: Entry("sealing_behind", "Too many vectors wait to be sealed", 503),
    store.StorageFullError: Entry("storage_full", "The disk is full; nothing was written", 507),
}
"""Each error class has an entry of its own; a test walks the three trees."""


def entry_for(error: BaseException) -> Entry:
    """The entry of an error's class, or of the nearest class above it."""
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), INTERNAL)


def problem_for(error: BaseException) -> Problem:
    """The problem that a client may see. What nobody foresaw shows no detail of its inside."""
    entry = entry_for(error)
    detail = "the error was logged; try again, and report it if it stays" if entry is INTERNAL else str(error)
    return Problem(code=entry.code, title=entry.title, detail=detail, status=entry.status)
