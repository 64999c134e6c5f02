"""What must hold of a picture of boxes and edges, for tests of layouts and of whole pictures."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right

EPSILON = 1e-6


def check_picture(rects, routes, edges, bounds=None, gap=4.0, last=12.0, direction="down"):
    """Check rectangles (x, y, width, height) and the polylines of edges (source, target)."""
    assert_no_overlap(rects, gap)
    assert_axis_parallel(routes)
    assert_ends_on_borders(rects, routes, edges, direction)
    assert_last_segments(routes, last)
    assert_clear_of_boxes(rects, routes)
    assert_edges_apart(routes, edges)
    if bounds is not None:
        assert_inside(rects, routes, bounds)


def assert_no_overlap(rects, gap=0.0):
    """No two rectangles are nearer than the gap."""
    order = sorted(range(len(rects)), key=lambda i: rects[i][1])
    active = []
    for i in order:
        x, y, width, _ = rects[i]
        active = [j for j in active if rects[j][1] + rects[j][3] + gap > y + EPSILON]
        for j in active:
            other_x, _, other_width, _ = rects[j]
            apart = (
                other_x + other_width + gap <= x + EPSILON or x + width + gap <= other_x + EPSILON
            )
            assert apart, f"boxes {i} and {j} overlap: {rects[i]} {rects[j]}"
        active.append(i)


def assert_axis_parallel(routes):
    """Segments are horizontal or vertical, none is empty, and every point is a bend."""
    for i, route in enumerate(routes):
        assert len(route) >= 2, f"edge {i} has no segment: {route}"
        previous = None
        for (x1, y1), (x2, y2) in segments(route):
            assert (x1 == x2) != (y1 == y2), f"edge {i} is not axis-parallel: {route}"
            assert previous != (x1 == x2), f"edge {i} has a point that is no bend: {route}"
            previous = x1 == x2


def assert_ends_on_borders(rects, routes, edges, direction="down"):
    """Edges leave at the bottom (right) of the source and come in at the top (left)."""
    for i, ((source, target), route) in enumerate(zip(edges, routes, strict=True)):
        ends = [(rects[source], route[0], True), (rects[target], route[-1], False)]
        for (x, y, width, height), (px, py), leaving in ends:
            if direction == "right":
                x, y, width, height, px, py = y, x, height, width, py, px
            border = y + height if leaving else y
            assert abs(py - border) < EPSILON, f"edge {i} ends off the border: {route}"
            assert x < px < x + width, f"edge {i} ends beside the box: {route}"
        axis = 0 if direction == "down" else 1
        assert route[0][axis] == route[1][axis], f"edge {i} leaves sideways: {route}"
        assert route[-1][axis] == route[-2][axis], f"edge {i} comes in sideways: {route}"
        assert route[-1][1 - axis] > route[-2][1 - axis], f"edge {i} comes from inside: {route}"
        assert route[0][1 - axis] < route[1][1 - axis], f"edge {i} leaves inwards: {route}"


def assert_last_segments(routes, least):
    """The last segment of every route has room for an arrow head."""
    for i, route in enumerate(routes):
        (x1, y1), (x2, y2) = route[-2:]
        assert abs(x1 - x2) + abs(y1 - y2) >= least - EPSILON, f"edge {i} ends short: {route}"


def assert_clear_of_boxes(rects, routes, margin=2.0):
    """No segment touches a box; a first or last point on a border is no touch."""
    by_x = sorted(range(len(rects)), key=lambda i: rects[i][0])
    lefts = [rects[i][0] for i in by_x]
    widest = max((rect[2] for rect in rects), default=0)
    for number, route in enumerate(routes):
        for place, ((x1, y1), (x2, y2)) in enumerate(segments(route)):
            left, right = min(x1, x2) - margin, max(x1, x2) + margin
            top, bottom = min(y1, y2) - margin, max(y1, y2) + margin
            at = bisect_left(lefts, left - widest)
            for i in by_x[at : bisect_right(lefts, right)]:
                x, y, width, height = rects[i]
                if x < right and left < x + width and y < bottom and top < y + height:
                    is_end = _on_border(rects[i], route[0]) and place == 0
                    is_end = is_end or (_on_border(rects[i], route[-1]) and place == len(route) - 2)
                    assert is_end, f"edge {number} touches box {i}: {route} {rects[i]}"


def assert_edges_apart(routes, edges, least=1e-3):
    """No two segments run over each other, unless their edges share a source or a target."""
    lines = {}
    for number, route in enumerate(routes):
        for (x1, y1), (x2, y2) in segments(route):
            if x1 == x2:
                lines.setdefault((0, x1), []).append((min(y1, y2), max(y1, y2), number))
            else:
                lines.setdefault((1, y1), []).append((min(x1, x2), max(x1, x2), number))
    for line, spans in lines.items():
        spans.sort()
        active = []
        for low, high, number in spans:
            active = [span for span in active if span[1] > low + EPSILON]
            for _, _, other in active:
                shared = edges[number][0] == edges[other][0] or edges[number][1] == edges[other][1]
                assert shared, f"edges {number} and {other} overlap on {line}"
            active.append((low, high, number))


def assert_spaced(routes, edges, least):
    """Parallel segments side by side keep a distance, unless their edges share an end."""
    for axis in (0, 1):
        spans = sorted(
            (start[axis], *sorted((start[1 - axis], end[1 - axis])), number)
            for number, route in enumerate(routes)
            for start, end in segments(route)
            if start[axis] == end[axis]
        )
        for at, (line, low, high, number) in enumerate(spans):
            for other_line, other_low, other_high, other in spans[at + 1 :]:
                if other_line - line >= least - EPSILON:
                    break
                beside = low < other_high - EPSILON and other_low < high - EPSILON
                shared = edges[number][0] == edges[other][0] or edges[number][1] == edges[other][1]
                assert shared or not beside, f"edges {number} and {other} are close at {line}"


def assert_inside(rects, routes, bounds):
    """Everything is within (width, height)."""
    width, height = bounds
    for x, y, w, h in rects:
        assert -EPSILON <= x <= width - w + EPSILON, f"box at {x}, {y} in {bounds}"
        assert -EPSILON <= y <= height - h + EPSILON, f"box at {x}, {y} in {bounds}"
    for route in routes:
        for x, y in route:
            assert -EPSILON <= x <= width + EPSILON, f"edge at {x}, {y} in {bounds}"
            assert -EPSILON <= y <= height + EPSILON, f"edge at {x}, {y} in {bounds}"


def segments(route):
    """Return the segments of a polyline as pairs of points."""
    return list(itertools.pairwise(route))


def count_crossings(routes):
    """Count the points where a horizontal and a vertical segment of two edges cross."""
    horizontal, vertical = [], []
    for number, route in enumerate(routes):
        for (x1, y1), (x2, y2) in segments(route):
            if y1 == y2:
                horizontal.append((y1, min(x1, x2), max(x1, x2), number))
            else:
                vertical.append((x1, min(y1, y2), max(y1, y2), number))
    horizontal.sort()
    ys = [span[0] for span in horizontal]
    points = set()
    for x, top, bottom, number in vertical:
        for y, left, right, other in horizontal[bisect_right(ys, top) : bisect_left(ys, bottom)]:
            if left < x < right and other != number:
                points.add((x, y))
    return len(points)


def _on_border(rect, point):
    x, y, width, height = rect
    px, py = point
    inside = x - EPSILON <= px <= x + width + EPSILON and y - EPSILON <= py <= y + height + EPSILON
    edge = min(abs(px - x), abs(px - x - width), abs(py - y), abs(py - y - height))
    return inside and edge < EPSILON
