import json

import pytest

from benchmarks import arithmetic, quick_trials
from benchmarks.quick_trials import GOAL, PLAYED, SCORE, SEARCHED, SPACE
from common.commands import on_ray, trials
from mnist_wgan import train


@pytest.mark.parametrize("batch", quick_trials.Config().batches)
def test_a_search_is_of_quick_and_all_see_as_many_images(batch):
    base = quick_trials.settings(SEARCHED, batch)
    assert on_ray.Search(14, base, SPACE, SCORE).sign == -1
    assert base.preset == "quick" and base.together and base.critic_updates == 1
    assert base.batch_size * base.evaluate_every == quick_trials.EVERY
    assert (base.iterations - 1) * base.batch_size == SEARCHED  # where the last evaluation is
    assert PLAYED % quick_trials.EVERY == SEARCHED % quick_trials.EVERY == 0


def run(scores, ended="finished"):
    return {"images": [640 * k for k in range(len(scores))], SCORE: scores, "ended": ended}


def test_the_best_are_the_last_scores_of_those_that_were_not_stopped():
    found = [run([0.9]), run([0.99], "stopped: hopeless"), run([0.99, 0.8]), run([0.1, 0.95])]
    assert quick_trials.best(found, 2) == [found[3], found[0]]


def test_the_goal_is_reached_when_it_is_first_scored():
    assert quick_trials.reached(run([0.1, 0.94, GOAL, 0.9])) == 1280
    assert quick_trials.reached(run([0.1, 0.94])) is None


def test_the_arithmetic_of_an_image_is_a_critic_and_a_generator_update():
    """The critic learns from a real and a fake; the generator's gradient goes through it."""
    one = quick_trials.tera(1) * 1e12
    critic, generator = train.create_critic(), train.create_generator("script")
    forward = arithmetic.forward(critic), arithmetic.forward(generator)
    learning = [arithmetic.gradient_of_weights(network) for network in (critic, generator)]
    assert one == pytest.approx(
        2 * (forward[0] + learning[0]) + forward[1] + forward[1] + learning[1] + 2 * forward[0]
    )
    assert quick_trials.tera(1000) == pytest.approx(1000 * one / 1e12)


def test_the_results_are_of_forty_trials_and_the_best_over_three_seeds():
    document = json.loads(quick_trials.Config().out.read_text())
    assert len(document["search"]) >= 40
    for one in document["search"]:
        assert one["ended"].partition(":")[0] in trials.OVER
    best = quick_trials.best(document["search"], quick_trials.Config().best)
    longer = [{**run, "averaging": quick_trials.LONGER} for run in best]
    names = ("batch_size", *SPACE)
    wanted = [[one[name] for name in names] for one in (*longer, vars(quick_trials.QUICK))]
    played = document["best"]
    assert [[one[name] for name in names] for one in played] == [w for w in wanted for _ in "012"]
    assert [one["seed"] for one in played] == [0, 1, 2] * len(wanted)
    assert {one["images"][-1] for one in played} == {PLAYED}
    for session in (document, document["searched"]):
        assert not session["commit"].endswith("-dirty")
