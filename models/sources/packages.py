"""Which packages hold the raw data: names, pinned versions, checksums and licences. Owns the table, fetches nothing."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Package:
    """One archive on a public package index, pinned by version and by the digest of its bytes."""

    name: str
    version: str
    index: Literal["debian", "npm"]
    sha256: str
    licence: str

    @property
    def folder(self) -> str:
        """Name of the folder it is unpacked into; a new version is a new folder."""
        plain = self.name.replace("@", "").replace("/", "-")
        return f"{plain}-{self.version.replace(':', '-')}"


TUXPAINT = Package(
    "tuxpaint-stamps-default",
    "2022.06.04-1",
    "debian",
    "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
    "GPL-2.0-or-later",
)
OPENCLIPART = Package(
    "openclipart-svg",
    "1:0.18+dfsg-19",
    "debian",
    "989712d90d57dfa3230049f553bb43b76c30ee4d4b8c5f6e106e33f7db5cbdc5",
    "public-domain",
)
WORDNET = Package(
    "wordnet-base",
    "1:3.0-37",
    "debian",
    "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
    "WordNet-3.0",
)
NOTO = Package(
    "@iconify-json/noto",
    "1.2.9",
    "npm",
    "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad",
    "Apache-2.0",
)
NOTO_V1 = Package(
    "@iconify-json/noto-v1",
    "1.2.5",
    "npm",
    "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37",
    "Apache-2.0",
)
TWEMOJI = Package(
    "@iconify-json/twemoji",
    "1.2.5",
    "npm",
    "19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7",
    "CC-BY-4.0",
)
FLUENT_FLAT = Package(
    "@iconify-json/fluent-emoji-flat",
    "1.2.6",
    "npm",
    "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175",
    "MIT",
)
FLUENT_3D = Package(
    "@lobehub/fluent-emoji-3d",
    "1.1.0",
    "npm",
    "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
    "MIT",
)
OPENMOJI = Package(
    "@iconify-json/openmoji",
    "1.2.29",
    "npm",
    "03181e2c156cab35cf4a62f1f7886bd971d59212e75ac3f189d5a4cae3930fc5",
    "CC-BY-SA-4.0",
)
EMOJIONE_V1 = Package(
    "@iconify-json/emojione-v1",
    "1.2.3",
    "npm",
    "6641d59d48a42823fdc2b84e7427e9f302944eb98d2c7d94d6e67c139e7b37b3",
    "CC-BY-SA-4.0",
)
EMOJIBASE = Package(
    "emojibase-data",
    "17.0.0",
    "npm",
    "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
    "MIT",
)
CLDR = Package(
    "cldr-annotations-full",
    "48.2.0",
    "npm",
    "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1",
    "Unicode-3.0",
)
CLDR_DERIVED = Package(
    "cldr-annotations-derived-full",
    "48.2.0",
    "npm",
    "4be946ff5815f806ec78b50363d577a769f2fbfb90c6380a44e161a92436996e",
    "Unicode-3.0",
)
