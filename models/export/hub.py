"""Files from the model hub. Owns the one place that may reach the network, and turns its failures into sentences."""

from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

from models.export.errors import WeightsUnavailableError

CONFIG = "open_clip_config.json"
SAFE_WEIGHTS = "open_clip_model.safetensors"
TORCH_WEIGHTS = "open_clip_pytorch_model.bin"
_TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "*.model", "vocab*", "merges*", "config.json")


def fetch(repo: str, file: str) -> Path:
    """A file of a repository, from the cache or the network; raises WeightsUnavailableError."""
    try:
        return Path(hf_hub_download(repo_id=repo, filename=file))
    except (HfHubHTTPError, OSError, ValueError) as exc:
        raise unavailable(f"{repo}/{file}", exc) from exc


def fetch_if_there(repo: str, file: str) -> Path | None:
    """The same, but None where the repository has no such file."""
    try:
        return Path(hf_hub_download(repo_id=repo, filename=file))
    except LocalEntryNotFoundError as exc:  # not in the cache, and the hub cannot be asked
        if _offline():
            return None
        raise unavailable(f"{repo}/{file}", exc) from exc
    except EntryNotFoundError:
        return None
    except (HfHubHTTPError, OSError, ValueError) as exc:
        raise unavailable(f"{repo}/{file}", exc) from exc


def fetch_weights(place: str) -> Path:
    """`ORG/REPO/` or `ORG/REPO/FILE`; safetensors where there are any, else a torch file."""
    repo, _, file = place.rpartition("/")
    torch_file = file or TORCH_WEIGHTS
    safe_file = f"{Path(file).stem}.safetensors" if file else SAFE_WEIGHTS
    return fetch_if_there(repo, safe_file) or fetch(repo, torch_file)


def fetch_repository(repo: str, files: Sequence[str] = (CONFIG, SAFE_WEIGHTS)) -> Path:
    """The folder with configuration, weights and tokenizer of a repository in open_clip's layout."""
    try:
        return Path(snapshot_download(repo, allow_patterns=[*files, *_TOKENIZER_FILES]))
    except (HfHubHTTPError, OSError, ValueError) as exc:
        raise unavailable(repo, exc) from exc


def unavailable(what: str, cause: BaseException) -> WeightsUnavailableError:
    """The sentence for somebody whose machine cannot reach the hub."""
    return WeightsUnavailableError(
        f"{what} could not be fetched from the hub ({type(cause).__name__}). On a machine without a way to it: "
        "download the weights elsewhere and pass them with --checkpoint FILE (--pretrained TAG beside it says which "
        "published configuration they have), or copy the repository's folder here and name it as local-dir:FOLDER"
    )


def _offline() -> bool:
    from huggingface_hub import constants  # noqa: PLC0415 - read when asked: the variable may change in tests

    return bool(constants.HF_HUB_OFFLINE)
