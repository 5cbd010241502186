import numpy as np
import pytest

from forest.quadrature import gauss_legendre


@pytest.mark.parametrize("points", [1, 2, 3, 4, 7, 12, 33])
def test_polynomials_are_integrated_exactly(points):
    abscissae, weights = gauss_legendre(points)
    for degree in range(2 * points):
        assert weights @ abscissae**degree == pytest.approx(1 / (degree + 1), abs=1e-15)


def test_points_are_numpys_and_lie_opposite_each_other():
    abscissae, weights = gauss_legendre(9)
    expected_abscissae, expected_weights = np.polynomial.legendre.leggauss(9)
    np.testing.assert_allclose(abscissae, (expected_abscissae + 1) / 2, rtol=0, atol=1e-15)
    np.testing.assert_allclose(weights, expected_weights / 2, rtol=0, atol=1e-15)
    np.testing.assert_allclose(abscissae + abscissae[::-1], np.ones(9), rtol=0, atol=1e-16)
