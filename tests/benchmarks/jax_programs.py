"""The programs of ``examples/programs``, written for JAX as its users write them.

Loops are `fori_loop` and `while_loop`, writes are `at[...].set`, all is jitted as a
whole, and numbers have 64 bits where the NumPy programs have them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from tests.benchmarks.libraries import load_jax

Array = Any
jax = load_jax()
np = jax and jax.numpy
fori_loop = jax and jax.lax.fori_loop


def jacobi_2d(a: Array, b: Array, steps: int) -> tuple[Array, ...]:
    """Return both grids."""

    def swept(x: Array) -> Array:
        return 0.2 * (
            x[1:-1, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:] + x[2:, 1:-1] + x[:-2, 1:-1]
        )

    def step(_: int, grids: tuple[Array, Array]) -> tuple[Array, Array]:
        a, b = grids
        b = b.at[1:-1, 1:-1].set(swept(a))
        return a.at[1:-1, 1:-1].set(swept(b)), b

    found: tuple[Array, ...] = fori_loop(0, steps, step, (a, b))
    return found


def heat_3d(a: Array, b: Array, steps: int) -> tuple[Array, ...]:
    """Return both blocks."""

    def warmed(t: Array) -> Array:
        inside = t[1:-1, 1:-1, 1:-1]
        return (
            0.125 * (t[2:, 1:-1, 1:-1] - 2.0 * inside + t[:-2, 1:-1, 1:-1])
            + 0.125 * (t[1:-1, 2:, 1:-1] - 2.0 * inside + t[1:-1, :-2, 1:-1])
            + 0.125 * (t[1:-1, 1:-1, 2:] - 2.0 * inside + t[1:-1, 1:-1, :-2])
            + inside
        )

    def step(_: int, blocks: tuple[Array, Array]) -> tuple[Array, Array]:
        a, b = blocks
        b = b.at[1:-1, 1:-1, 1:-1].set(warmed(a))
        return a.at[1:-1, 1:-1, 1:-1].set(warmed(b)), b

    found: tuple[Array, ...] = fori_loop(0, steps, step, (a, b))
    return found


def fdtd_2d(
    ex: Array, ey: Array, hz: Array, source: Array, steps: int
) -> tuple[Array, ...]:
    """Return the fields."""

    def step(t: int, fields: tuple[Array, ...]) -> tuple[Array, ...]:
        ex, ey, hz = fields
        ey = ey.at[0, :].set(source[t])
        ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
        ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
        curl = ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]
        return ex, ey, hz.at[:-1, :-1].add(-0.7 * curl)

    found: tuple[Array, ...] = fori_loop(0, steps, step, (ex, ey, hz))
    return found


def gray_scott(u: Array, v: Array, steps: int) -> tuple[Array, ...]:
    """Return both concentrations."""
    du, dv, feed, kill = 0.16, 0.08, 0.035, 0.065

    def laplacian(z: Array) -> Array:
        around = z[:-2, 1:-1] + z[1:-1, :-2] + z[1:-1, 2:] + z[2:, 1:-1]
        return around - 4.0 * z[1:-1, 1:-1]

    def step(_: int, both: tuple[Array, Array]) -> tuple[Array, Array]:
        u, v = both
        inner_u, inner_v = u[1:-1, 1:-1], v[1:-1, 1:-1]
        uvv = inner_u * inner_v * inner_v
        more_u = du * laplacian(u) - uvv + feed * (1.0 - inner_u)
        more_v = dv * laplacian(v) + uvv - (feed + kill) * inner_v
        return u.at[1:-1, 1:-1].add(more_u), v.at[1:-1, 1:-1].add(more_v)

    found: tuple[Array, ...] = fori_loop(0, steps, step, (u, v))
    return found


def shallow_water(
    h: Array, hu: Array, hv: Array, ratio: float, steps: int
) -> tuple[Array, ...]:
    """Return depth and momenta."""

    def advanced(q: Array, f: Array, g: Array) -> Array:
        around = np.roll(q, -1, 1) + np.roll(q, 1, 1)
        around = around + np.roll(q, -1, 0) + np.roll(q, 1, 0)
        along = np.roll(f, -1, 1) - np.roll(f, 1, 1)
        across = np.roll(g, -1, 0) - np.roll(g, 1, 0)
        return 0.25 * around - 0.5 * ratio * (along + across)

    def step(_: int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        h, hu, hv = state
        u, v = hu / h, hv / h
        pressure = 0.5 * 9.81 * h * h
        return (
            advanced(h, hu, hv),
            advanced(hu, hu * u + pressure, hu * v),
            advanced(hv, hv * u, hv * v + pressure),
        )

    found: tuple[Array, ...] = fori_loop(0, steps, step, (h, hu, hv))
    return found


def nbody(
    position: Array, velocity: Array, mass: Array, dt: float, steps: int
) -> tuple[Array, ...]:
    """Return positions and velocities."""

    def acceleration(position: Array) -> Array:
        apart = position[None, :, :] - position[:, None, :]
        square = (apart**2).sum(axis=2) + 0.1**2
        weight = mass / (square * np.sqrt(square))
        return (apart * weight[:, :, None]).sum(axis=1)

    def step(_: int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        position, velocity, pull = state
        velocity = velocity + 0.5 * dt * pull
        position = position + dt * velocity
        pull = acceleration(position)
        return position, velocity + 0.5 * dt * pull, pull

    start = position, velocity, acceleration(position)
    found: tuple[Array, ...] = fori_loop(0, steps, step, start)
    return found[:2]


def mandelbrot(x: Array, y: Array, steps: int) -> tuple[Array, ...]:
    """Return the last numbers and the counts."""
    c = x + 1j * y[:, None]

    def step(_: int, state: tuple[Array, Array]) -> tuple[Array, Array]:
        z, count = state
        small = abs(z) < 2.0
        return np.where(small, z * z + c, z), count + small

    start = np.zeros(c.shape, np.complex128), np.zeros(c.shape, np.int64)
    found: tuple[Array, ...] = fori_loop(0, steps, step, start)
    return found


def kmeans(points: Array, centres: Array, steps: int) -> tuple[Array, ...]:
    """Return the centres and the number of each point's."""

    def assigned(centres: Array) -> Array:
        square = ((points[:, None, :] - centres) ** 2).sum(axis=2)
        return square.argmin(axis=1)

    def step(_: int, centres: Array) -> Array:
        is_member = assigned(centres)[:, None] == np.arange(len(centres))
        count = np.maximum(is_member.sum(axis=0), 1)
        return is_member.T.astype(points.dtype) @ points / count[:, None]

    centres = fori_loop(0, steps, step, centres)
    return centres, assigned(centres)


def pagerank(links: Array, tolerance: float) -> tuple[Array, ...]:
    """Return the ranks."""
    n = len(links)
    out = links.sum(axis=0)
    moves = np.where(out > 0, links / np.maximum(out, 1), 1.0 / n)

    def goes_on(state: tuple[Array, Array]) -> Array:
        return state[1] > tolerance

    def step(state: tuple[Array, Array]) -> tuple[Array, Array]:
        last, _ = state
        rank = 0.85 * (moves @ last) + (1.0 - 0.85) / n
        return rank, np.abs(rank - last).sum()

    start = np.full(n, 1.0 / n), tolerance + 1.0
    rank, _ = jax.lax.while_loop(goes_on, step, start)
    return (rank,)


def conjugate_gradients(b: Array, steps: int) -> tuple[Array, ...]:
    """Return the solution and its squared residual."""

    def laplacian(p: Array) -> Array:
        q = 4.0 * p
        q = q.at[1:, :].add(-p[:-1, :])
        q = q.at[:-1, :].add(-p[1:, :])
        q = q.at[:, 1:].add(-p[:, :-1])
        return q.at[:, :-1].add(-p[:, 1:])

    def step(_: int, state: tuple[Array, ...]) -> tuple[Array, ...]:
        x, r, p, square = state
        q = laplacian(p)
        alpha = square / np.sum(p * q)
        x = x + alpha * p
        r = r - alpha * q
        following = np.sum(r * r)
        return x, r, r + following / square * p, following

    start = np.zeros_like(b), b, b, np.sum(b * b)
    x, _, _, square = fori_loop(0, steps, step, start)
    return x, square


def mlp(
    x: Array, labels: Array, w1: Array, b1: Array, w2: Array, b2: Array, rate: float
) -> tuple[Array, ...]:
    """Return the loss, and the weights after a step."""
    target = labels[:, None] == np.arange(w2.shape[1])

    def loss(weights: tuple[Array, ...]) -> Array:
        w1, b1, w2, b2 = weights
        hidden = np.maximum(x @ w1 + b1, 0.0)
        logarithm = jax.nn.log_softmax(hidden @ w2 + b2, axis=1)
        return -np.mean(np.sum(logarithm * target, axis=1))

    weights = w1, b1, w2, b2
    value, slopes = jax.value_and_grad(loss)(weights)
    pairs = zip(weights, slopes, strict=True)
    return value, *(w - rate * slope for w, slope in pairs)


def floyd_warshall(distance: Array) -> tuple[Array, ...]:
    """Return the shortest distances."""

    def step(k: int, d: Array) -> Array:
        return np.minimum(d, d[:, k, None] + d[None, k, :])

    return (fori_loop(0, len(distance), step, distance),)


def attention(q: Array, k: Array, v: Array) -> tuple[Array, ...]:
    """Return what each position takes from those before it."""
    length, width = q.shape[-2:]
    scores = q @ k.swapaxes(-1, -2) / width**0.5
    is_later = np.arange(length) > np.arange(length)[:, None]
    return (jax.nn.softmax(np.where(is_later, -1e9, scores), axis=-1) @ v,)


def sea_water(s: Array, t: Array, p: Array) -> tuple[Array, ...]:
    """Return the density: the formulas are the program's own."""
    at_surface, bulk_modulus = map(_of_jax, ("at_surface", "bulk_modulus"))
    return (at_surface(s, t) / (1.0 - p / bulk_modulus(s, t, p)),)


def _of_jax(name: str) -> Callable[..., Any]:
    """Return a function of the sea's with JAX's `np` among its globals."""
    from programs import sea_water as module

    function: Any = getattr(module, name)
    return FunctionType(function.__code__, {**function.__globals__, "np": np})


PROGRAMS: dict[str, Callable[..., tuple[Array, ...]]] = {
    f.__name__: f
    for f in (
        jacobi_2d,
        heat_3d,
        fdtd_2d,
        gray_scott,
        shallow_water,
        nbody,
        mandelbrot,
        kmeans,
        pagerank,
        conjugate_gradients,
        mlp,
        floyd_warshall,
        attention,
        sea_water,
    )
}


def jitted(name: str) -> Callable[..., Any]:
    """Return a program that JAX compiles, and that waits for its results."""
    compiled = jax.jit(PROGRAMS[name])

    def call(*arguments: Any) -> Any:
        return jax.block_until_ready(compiled(*arguments))

    return call
