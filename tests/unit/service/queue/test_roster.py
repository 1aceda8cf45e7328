"""What a gateway makes of the signs of life of its workers."""

from service.queue.redis.roster import Fleet, Registration, Sight, decode_registration, encode_registration

CAPACITY = {"interactive": 8, "bulk": 8}


def worker(name: str, running: int, newest_run_s: float = 0.0) -> Registration:
    return Registration(name, {"tiny": "1"}, 2, running, (0, 0), (0, 0), 5.0, newest_run_s=newest_run_s)


def test_a_sign_of_life_travels_whole() -> None:
    sign = worker("a", 2, 7.5)
    assert decode_registration(encode_registration(sign)) == sign


def test_the_newest_run_is_that_of_any_worker_that_runs_one() -> None:
    seen = Sight(Fleet([worker("hangs", 2, 40.0), worker("works", 1, 0.2), worker("rests", 0)]))
    assert (seen.figures(CAPACITY).newest_run_s, seen.figures(CAPACITY).running) == (0.2, 3)
    assert Sight(Fleet([worker("hangs", 2, 40.0), worker("rests", 0)])).figures(CAPACITY).newest_run_s == 40.0
    assert Sight().figures(CAPACITY).newest_run_s == 0.0
