"""The demo catalogue's groups and subgroups, in words that a shopper reads. Owns the two tables, nothing else."""

from collections.abc import Mapping

from models.sources.item import SourceItem

EMOJI_GROUPS: Mapping[str, str] = {
    "smileys-emotion": "smileys",
    "people-body": "people",
    "animals-nature": "animals and plants",
    "food-drink": "food and drink",
    "travel-places": "travel and places",
    "activities": "sports and leisure",
    "objects": "household and work",
    "symbols": "shapes",
}
_EMOJI_SUBGROUPS: Mapping[str, str] = {
    "animal-amphibian": "amphibians",
    "animal-bird": "birds",
    "animal-bug": "insects",
    "animal-mammal": "mammals",
    "animal-marine": "sea animals",
    "animal-reptile": "reptiles",
    "arrow": "arrows",
    "arts-crafts": "arts and crafts",
    "award-medal": "medals",
    "body-parts": "parts of the body",
    "book-paper": "books and paper",
    "cat-face": "cat faces",
    "clothing": "clothing",
    "computer": "computers",
    "dishware": "dishes",
    "drink": "drinks",
    "emotion": "emotions",
    "event": "holidays and parties",
    "family": "couples",
    "food-asian": "asian food",
    "food-fruit": "fruit",
    "food-prepared": "meals",
    "food-sweet": "sweets",
    "food-vegetable": "vegetables",
    "game": "games and toys",
    "geometric": "geometric shapes",
    "heart": "hearts",
    "hotel": "travel bags",
    "household": "household",
    "light-video": "light and video",
    "lock": "locks",
    "mail": "mail",
    "medical": "medicine",
    "money": "money",
    "monkey-face": "monkey faces",
    "music": "music",
    "musical-instrument": "musical instruments",
    "office": "office",
    "person": "portraits",
    "person-activity": "activities",
    "person-fantasy": "fantasy figures",
    "person-gesture": "gestures",
    "person-resting": "resting",
    "person-role": "professions",
    "person-sport": "athletes",
    "phone": "phones",
    "place-building": "buildings",
    "place-geographic": "landscapes",
    "place-map": "maps",
    "place-other": "sights",
    "place-religious": "religious buildings",
    "plant-flower": "flowers",
    "plant-other": "plants",
    "science": "science",
    "sky-weather": "sky and weather",
    "sound": "sound",
    "sport": "sports",
    "time": "clocks",
    "tool": "tools",
    "transport-air": "aircraft",
    "transport-ground": "vehicles",
    "transport-water": "boats",
    "writing": "writing",
}
_CLIPART: Mapping[str, tuple[str, str]] = {
    "animals": ("animals and plants", "mammals"),
    "animals/birds": ("animals and plants", "birds"),
    "animals/bugs": ("animals and plants", "insects"),
    "animals/fish": ("animals and plants", "sea animals"),
    "animals/dinosaurs": ("animals and plants", "reptiles"),
    "animals/fantasy": ("people", "fantasy figures"),
    "buildings": ("travel and places", "buildings"),
    "buildings/furniture": ("household and work", "household"),
    "computer": ("household and work", "computers"),
    "containers": ("household and work", "boxes and bags"),
    "education": ("household and work", "office"),
    "education/books": ("household and work", "books and paper"),
    "electronics": ("household and work", "electronics"),
    "electronics/bulb": ("household and work", "light and video"),
    "food": ("food and drink", "meals"),
    "food/beverages": ("food and drink", "drinks"),
    "food/desserts": ("food and drink", "sweets"),
    "food/fruit": ("food and drink", "fruit"),
    "food/vegetables": ("food and drink", "vegetables"),
    "office": ("household and work", "office"),
    "office/telephone": ("household and work", "phones"),
    "people": ("people", "portraits"),
    "people/bodypart": ("people", "parts of the body"),
    "people/clothing": ("household and work", "clothing"),
    "plants": ("animals and plants", "plants"),
    "plants/flowers": ("animals and plants", "flowers"),
    "recreation": ("sports and leisure", "games and toys"),
    "recreation/holiday": ("sports and leisure", "holidays and parties"),
    "recreation/music": ("household and work", "musical instruments"),
    "recreation/party": ("sports and leisure", "holidays and parties"),
    "recreation/sports": ("sports and leisure", "sports"),
    "science": ("household and work", "science"),
    "science/astronomy": ("travel and places", "sky and weather"),
    "tools": ("household and work", "tools"),
    "transportation": ("travel and places", "vehicles"),
    "transportation/boating": ("travel and places", "boats"),
}


def demo_group(item: SourceItem) -> tuple[str, str]:
    """Group and subgroup of a chosen item.

    Raises:
        KeyError: the item is of a group that the demo leaves out.
    """
    if item.group in EMOJI_GROUPS:
        return EMOJI_GROUPS[item.group], _emoji_subgroup(item.subgroup)
    place = f"{item.group}/{item.subgroup}"
    return _CLIPART[place if place in _CLIPART else item.group]


def _emoji_subgroup(subgroup: str) -> str:
    if subgroup.startswith("face-"):
        return "faces"
    if subgroup.startswith("hand"):
        return "hands"
    return _EMOJI_SUBGROUPS[subgroup]
