"""The byte-bounded cache."""

import threading

import pytest

from vizlab.page.cache import ByteCache


def test_drops_the_least_recently_used_first() -> None:
    cache: ByteCache[str] = ByteCache(10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 4)
    cache.get("a")
    cache.put("c", "C", 4)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("A", None, "C")
    assert cache.total_bytes == 8


def test_replacing_a_value_counts_it_once() -> None:
    cache: ByteCache[int] = ByteCache(10)
    for value in range(5):
        cache.put("a", value, 6)
    assert (len(cache), cache.total_bytes, cache.get("a")) == (1, 6, 4)


def test_keeps_the_newest_even_if_it_is_too_large() -> None:
    cache: ByteCache[int] = ByteCache(10)
    cache.put("a", 1, 4)
    cache.put("b", 2, 100)
    assert ("a" in cache, "b" in cache) == (False, True)
    cache.put("c", 3, 1)
    assert ("b" in cache, cache.total_bytes) == (False, 1)


def test_a_value_may_grow() -> None:
    """What is hung on it later counts, and others go for it; what is gone does not come back."""
    gone: list[str] = []
    cache: ByteCache[str] = ByteCache(10, gone.append)
    for key in "abc":
        cache.put(key, key.upper(), 3)
    cache.weigh("a", 7)
    assert (gone, cache.total_bytes) == (["b"], 10)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("A", None, "C")
    cache.weigh("b", 1)
    assert ("b" in cache, cache.total_bytes) == (False, 10)
    cache.weigh("a", 2)
    assert cache.total_bytes == 5


def test_drop_forgets() -> None:
    cache: ByteCache[int] = ByteCache(10)
    cache.put("a", 1, 4)
    cache.drop("a")
    cache.drop("a")
    assert (len(cache), cache.total_bytes) == (0, 0)


def test_a_bound_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        ByteCache(0)


def test_threads_never_break_the_bound() -> None:
    cache: ByteCache[int] = ByteCache(50)

    def work(seed: int) -> None:
        for i in range(500):
            cache.put(f"{(seed * 31 + i) % 40}", i, 1 + (seed + i) % 9)
            cache.get(f"{i % 40}")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.total_bytes == sum(e.size for e in cache._entries.values()) <= 50
