"""CLIP behind FastAPI as it is usually written: one request, one call of the model, in FastAPI's thread pool.

Run by the virtual environment of the peers: python plain_transformers.py FOLDER PORT [THREADS]
"""

import base64
import io
import sys

import torch
import torchvision_cure  # noqa: F401 - before transformers imports torchvision
import uvicorn
from fastapi import FastAPI
from PIL import Image
from pydantic import BaseModel
from transformers import CLIPModel, CLIPProcessor

folder, port = sys.argv[1], int(sys.argv[2])
model = CLIPModel.from_pretrained(folder).eval()
processor = CLIPProcessor.from_pretrained(folder)
if len(sys.argv) > 3:
    torch.set_num_threads(int(sys.argv[3]))
app = FastAPI()


class Embed(BaseModel):
    model: str = "clip"
    input: list[str]
    modality: str = "text"


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/v1/embeddings")
def embeddings(body: Embed) -> dict[str, object]:
    with torch.inference_mode():
        if body.modality == "image":
            pictures = [Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))) for uri in body.input]
            vectors = model.get_image_features(**processor(images=pictures, return_tensors="pt"))
        else:
            vectors = model.get_text_features(
                **processor(text=body.input, return_tensors="pt", padding=True, truncation=True)
            )
        vectors = vectors / vectors.norm(dim=-1, keepdim=True)
    return {"model": body.model, "data": [{"index": n, "embedding": v.tolist()} for n, v in enumerate(vectors)]}


if __name__ == "__main__":
    uvicorn.run(app, port=port, log_level="warning")
