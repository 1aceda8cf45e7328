"""What every cache does."""

from tests.contracts.cache.conftest import Kit


async def test_what_was_put_is_found_and_the_rest_is_not(kit: Kit) -> None:
    cache = kit.make()
    await cache.put("a", "value", 5)
    assert (await cache.get("a"), await cache.get("b")) == ("value", None)


async def test_several_are_found_in_the_order_in_which_they_were_asked_for(kit: Kit) -> None:
    cache = kit.make()
    await cache.put("a", "1", 5)
    await cache.put("b", "2", 5)
    assert await cache.get_many(["b", "none", "a", "b"]) == ["2", None, "1", "2"]
    assert await cache.get_many([]) == []


async def test_a_second_put_replaces(kit: Kit) -> None:
    cache = kit.make()
    await cache.put("a", "old", 900)
    await cache.put("a", "new", 900)
    assert await cache.get("a") == "new"


async def test_entries_expire(kit: Kit) -> None:
    cache = kit.make(ttl_s=60)
    await cache.put("a", "value", 5)
    await kit.pass_time(30)
    assert await cache.get("a") == "value"
    await kit.pass_time(30)
    assert await cache.get("a") is None


async def test_keys_and_values_may_be_any_text(kit: Kit) -> None:
    cache = kit.make()
    await cache.put("a b:*?\n", "größe\x00", 5)
    assert await cache.get("a b:*?\n") == "größe\x00"
