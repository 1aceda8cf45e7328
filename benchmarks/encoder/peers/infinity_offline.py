"""infinity-emb's own command, beside the CPU build of torch.

Run by the virtual environment of the peers (see peers.py): python infinity_offline.py v2 --model-id FOLDER
"""

import torchvision_cure  # noqa: F401 - before infinity imports torchvision
from infinity_emb.cli import cli

if __name__ == "__main__":
    cli()
