import keras
import numpy as np
import pytest

from common.scores import metrics
from common.scores.metrics import accuracy_fake, accuracy_real

TARGETS = np.array([[0.0], [0.0], [0.0], [0.0], [1.0], [1.0]], "float32")
# Fakes called real once and 0.5 once, which is not "real"; one of two reals called fake.
ANSWERS = np.array([[0.1], [0.5], [0.9], [0.2], [0.7], [0.5]], "float32")


def test_accuracies_are_those_of_a_hand_calculation():
    logits = np.log(ANSWERS / (1 - ANSWERS))  # 0.5 becomes 0
    for answers, threshold in [(ANSWERS, 0.5), (logits, 0.0)]:
        assert float(accuracy_fake(TARGETS, answers, threshold)) == 0.75
        assert float(accuracy_real(TARGETS, answers, threshold)) == 0.5
    # Logits 0.2 higher call the real with 0.5 real, and the fake with 0.5 too.
    assert float(accuracy_real(TARGETS, logits + 0.2, threshold=0.0)) == 1.0
    assert float(accuracy_fake(TARGETS, logits + 0.2, threshold=0.0)) == 0.5
    assert float(accuracy_real(TARGETS, logits + 0.2)) == 0.5  # probabilities are the default


def test_train_on_batch_returns_accuracies_of_this_batch_before_its_update():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[accuracy_real, accuracy_fake])
    model.set_weights([np.array([[1.0]]), np.array([0.0])])
    x = np.array([[-1], [-1], [1], [-1], [1], [-1]], "float32")
    first = model.train_on_batch(x, TARGETS, return_dict=True)
    assert (first["accuracy_real"], first["accuracy_fake"]) == (0.5, 0.75)
    second = model.train_on_batch(-x, TARGETS, return_dict=True)  # no running mean
    assert (second["accuracy_real"], second["accuracy_fake"]) == pytest.approx((0.5, 0.25))


def test_classifier_score_is_that_of_a_hand_calculation():
    """Two images, surely of two classes: KL is ln 2 for each. One class alone: 0."""
    assert metrics.classifier_score(np.eye(3)[:2]) == pytest.approx(2)
    assert metrics.classifier_score(np.eye(3)[[1, 1, 1]]) == pytest.approx(1)
    assert metrics.classifier_score(np.eye(10)) == pytest.approx(10)
    assert metrics.classifier_score(np.full((7, 10), 0.1)) == pytest.approx(1)
    # p = (3/4, 1/4) and (1/4, 3/4), marginal (1/2, 1/2): KL = 3/4 ln 3/2 + 1/4 ln 1/2
    score = metrics.classifier_score([[0.75, 0.25], [0.25, 0.75]])
    assert np.log(score) == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(0.5))


def test_entropy_and_modes_are_those_of_a_hand_calculation():
    classes = np.array([0] * 50 + [1] * 49 + [2])
    shares = np.array([0.5, 0.49, 0.01])
    assert metrics.class_entropy(classes, 4) == pytest.approx(-sum(shares * np.log(shares)))
    assert metrics.modes_found(classes, 4) == 2  # 3 of 100 would be a tenth of the fair share
    assert metrics.modes_found(np.repeat(classes, 3), 100) == 3
    assert metrics.class_entropy(np.arange(10), 10) == pytest.approx(np.log(10))
    assert metrics.class_entropy(np.full(9, 3), 10) == 0


def test_normals_and_their_frechet_distance_are_those_of_a_hand_calculation():
    """Variances 4, 9 and 1, 16 along the same axes, means (1, 2) apart: 5 + (2-1)^2 + (3-4)^2."""
    normal = metrics.fit_normal(np.array([[0, 0], [2, 0], [1, 3]]))
    np.testing.assert_allclose(normal.mean, [1, 1])
    np.testing.assert_allclose(normal.covariance, [[1, 0], [0, 3]])
    a = metrics.Normal(np.zeros(2), np.diag([4.0, 9.0]))
    b = metrics.Normal(np.array([1.0, 2.0]), np.diag([1.0, 16.0]))
    assert metrics.frechet_distance(a, b) == pytest.approx(7)
    # The same in turned axes, where the covariances are no longer diagonal.
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = [metrics.Normal(turn @ m, turn @ c @ turn.T) for m, c in (a, b)]
    assert metrics.frechet_distance(*turned) == pytest.approx(7)
    # Covariances that do not commute: tr (C_a C_b)^(1/2) = sqrt(tr + 2 sqrt(det)) for 2 x 2.
    mixed = metrics.Normal(a.mean, turned[1].covariance)
    product = a.covariance @ mixed.covariance
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = np.trace(a.covariance + mixed.covariance) - 2 * root
    assert metrics.frechet_distance(a, mixed) == pytest.approx(expected)
    assert metrics.frechet_distance(a, a) == pytest.approx(0, abs=1e-12)
    flat = metrics.Normal(np.zeros(2), np.diag([4.0, 0.0]))  # singular
    assert metrics.frechet_distance(flat, a) == pytest.approx(9)


def test_overlap_on_a_line_is_that_of_a_hand_calculation():
    """Reals 0, 1, 3, 7 with k = 1: radii 1, 1, 2, 4. Fakes 0.5, 2, 20: radii 1.5, 1.5, 18.

    0.5 lies in the balls of 0 and 1; 2 lies in those of 3 (1 is 1 away, not inside) and of no
    other (7 is 5 away); 20 in none. Fake balls: 0.5's holds 0 and 1, 2's holds 1 and 3, 20's holds
    3 (17 away) and 7.
    """
    real = np.array([[0.0], [1.0], [3.0], [7.0]])
    fake = np.array([[0.5], [2.0], [20.0]])
    np.testing.assert_allclose(metrics.radii(real, 1), [1, 1, 2, 4])
    np.testing.assert_allclose(metrics.radii(fake, 1), [1.5, 1.5, 18])
    assert metrics.overlap(real, fake, k=1) == pytest.approx((2 / 3, 1, 3 / 3, 3 / 4))


def test_overlap_of_a_fake_far_away_and_of_a_crowd_is_that_of_a_hand_calculation():
    """Two reals 2 apart and k = 1. All fakes between them: each lies in both balls, density 2."""
    real = np.array([[0.0, 0.0], [2.0, 0.0]])
    crowd = np.array([[1.0, 0.1], [1.0, -0.1], [1.1, 0.0]])
    assert metrics.overlap(real, crowd, k=1) == pytest.approx((1, 0, 2, 1))
    far = np.array([[50.0, 0.0], [51.0, 0.0]])
    assert metrics.overlap(real, far, k=1) == pytest.approx((0, 0, 0, 0))


def test_overlap_of_gaussians_is_what_the_prdc_package_prints():
    """Its README prints this for 10,000 and 10,000 points of a normal distribution in 1,000
    dimensions and k = 5, without a seed. In so many dimensions chance does much: ours are 0.456 to
    0.497, 0.459 to 0.493, 0.91 to 1.08 and 0.956 to 0.975 with seeds 0 to 6.
    """
    real, fake = np.random.default_rng(2).normal(size=(2, 10_000, 1000))
    printed = [0.4772, 0.4705, 1.0555, 0.9735]
    for ours, theirs, chance in zip(
        metrics.overlap(real, fake), printed, [0.03, 0.03, 0.1, 0.02], strict=True
    ):
        assert abs(ours - theirs) < chance


def test_nearest_distances_are_those_of_a_hand_calculation():
    others = np.zeros((3, 2, 2))
    others[1], others[2, 0, 0] = 1, 2
    numbers, distances = metrics.nearest(others[[1, 0]] + 0.1, others)
    assert numbers.tolist() == [1, 0]
    np.testing.assert_allclose(distances, 0.1)
