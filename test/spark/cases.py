"""The cases: programs over seeded rows, each with how its result is compared. record-cases.py runs them."""

import random
from math import sqrt

from encoded_values import Value, encode

NAN = float("nan")
WORDS = ["apple", "fig", "pear", "kiwi", "", "été", "日本", "😀", "\uffff", "Zebra", "a b"]
# Rows and partitions: nothing, one row, fewer rows than partitions, one partition, several rows each.
LAYOUTS = [(0, 1), (0, 3), (1, 4), (5, 1), (7, 3), (12, 4), (16, 2), (3, 8)]
FEW_LAYOUTS = [(0, 3), (5, 1), (7, 3), (3, 8)]

ROWS = {
    "integers": lambda rng: rng.randint(0, 20),
    "fractions": lambda rng: rng.choice([0.5, 1.25, 2.0, -3.75, 0.1, 7.0]),
    "words": lambda rng: rng.choice(WORDS),
    "tuples": lambda rng: (rng.randint(0, 3), rng.choice(WORDS[:4])),
    "nullable integers": lambda rng: rng.choice([None, 1, 2, 3]),
    "bytes": lambda rng: bytes(rng.choices([0, 1, 255], k=rng.randint(0, 2))),
    "nested tuples": lambda rng: (rng.randint(0, 1), (None, rng.choice(["a", "b"]))),
}
ORDERED = ["integers", "fractions", "words", "tuples", "bytes"]

families = {}


class Family:
    """Cases of one file; each has random numbers of its own, so that a new case changes no other's rows."""

    def __init__(self, name):
        self.cases = families.setdefault(name, [])
        self.name = name

    def random(self, about):
        return random.Random(f"{self.name}: {about}")

    def add(self, name, program, compare="exact", **more):
        self.cases.append({"name": name, "program": program, "compare": compare, **more})

    def rows(self, kind, layout, about=""):
        count, partitions = layout
        rng = self.random(f"{kind} {layout} {about}")
        return ["parallelize", Value([ROWS[kind](rng) for _ in range(count)]), partitions]

    def pairs(self, kind, layout, about="", values="integers"):
        count, partitions = layout
        rng = self.random(f"{kind} {values} {layout} {about}")
        return ["parallelize", Value([(ROWS[kind](rng), ROWS[values](rng)) for _ in range(count)]), partitions]


def told(layout):
    return f"{layout[0]} rows in {layout[1]} partitions"


def partitions_and_rows():
    """Where rows lie: what parallelize, range, coalesce and union promise, and what keeps order within partitions."""
    family = Family("partitions")
    for layout in LAYOUTS + [(11, 3), (10, 4)]:
        rows = family.rows("integers", layout)
        family.add(f"parallelize cuts {told(layout)}", ["collect", ["glom", rows]])
        family.add(f"zipWithIndex numbers {told(layout)}", ["collect", ["zipWithIndex", rows]])
        family.add(f"zipWithUniqueId numbers {told(layout)}", ["collect", ["zipWithUniqueId", rows]])
        family.add(f"mapPartitionsWithIndex counts {told(layout)}", ["collect", ["mapPartitionsWithIndex", rows, "countRowsOf"]])
        family.add(f"take finds three of {told(layout)}", ["take", rows, 3])
    for start, end, step, partitions in [(0, 10, 1, 3), (10, 0, -3, 2), (0, 0, 1, 2), (5, 6, 1, 4), (-4, 9, 2, 5), (3, 30, 4, 1)]:
        made = ["range", start, end, step, partitions]
        family.add(f"range from {start} to {end} by {step} in {partitions} partitions", ["collect", ["glom", made]])
    for before, after in [(6, 2), (7, 3), (5, 4), (4, 1), (3, 8), (8, 5)]:
        narrow = ["coalesce", ["range", 0, 24, 1, before], after]
        family.add(f"coalesce from {before} to {after} partitions", ["collect", ["glom", narrow]])
        family.add(f"repartition from {before} to {after} keeps all rows", ["collect", ["repartition", narrow, after]], "multiset")
        family.add(f"repartition to {after} has so many partitions", ["numPartitions", ["repartition", narrow, after]])
    for one, other in [((5, 2), (4, 3)), ((0, 2), (3, 1)), ((2, 4), (0, 1)), ((6, 1), (6, 1))]:
        both = ["union", family.rows("integers", one), family.rows("words", other)]
        family.add(f"union of {told(one)} and {told(other)}", ["collect", ["glom", both]])
    three = [family.rows("integers", (4, 2), str(i)) for i in range(3)]
    family.add("union of three datasets", ["collect", ["glom", ["union", *three]]])
    family.add("union with itself", ["collect", ["glom", ["union", three[0], three[0]]]])
    placed = [["partitionBy", family.pairs("integers", (8, 3), str(i)), 4] for i in range(2)]
    family.add("union of what lies alike has no more partitions", ["numPartitions", ["union", *placed]])
    family.add("union of what lies alike keeps the partitioner", ["keepsPartitioner", ["union", *placed], 4])
    family.add("union of what lies alike has all rows", ["collect", ["glom", ["union", *placed]]], "placed")
    apart = [placed[0], ["partitionBy", family.pairs("integers", (8, 3)), 3]]
    family.add("union of what lies otherwise has all partitions", ["numPartitions", ["union", *apart]])
    family.add("union of what lies otherwise has no partitioner", ["keepsPartitioner", ["union", *apart], 4])
    for layout in [(7, 3), (16, 2), (3, 8), (0, 3)]:
        pairs = family.pairs("words", layout)
        grouped = ["groupByKey", pairs, 4]
        family.add(f"groupByKey of {told(layout)} has so many partitions", ["numPartitions", grouped])
        family.add(f"distinct of {told(layout)} has so many partitions", ["numPartitions", ["distinct", pairs, 5]])
        family.add(f"keys of one kind lie together, {told(layout)}", ["collect", ["glom", ["partitionBy", pairs, 3]]], "placed")
        cross = ["cartesian", pairs, family.rows("integers", (4, 2))]
        family.add(f"cartesian of {told(layout)} has partitions for pairs of them", ["numPartitions", cross])
        numbers = family.pairs("integers", layout)
        family.add(
            f"partitionBy a function of the key, {told(layout)}",
            ["collect", ["glom", ["partitionBy", numbers, 3, "place"]]],
            "partitions",
        )
    pairs = family.pairs("words", (12, 4))
    reduced = ["reduceByKey", pairs, "add", 3]
    other = ["groupByKey", family.pairs("words", (7, 2)), 3]
    for what, made in {
        "reduceByKey": reduced,
        "groupByKey": ["groupByKey", pairs, 3],
        "aggregateByKey": ["aggregateByKey", pairs, 0, "countUp", "add", 3],
        "foldByKey": ["foldByKey", pairs, 0, "add", 3],
        "combineByKey": ["combineByKey", pairs, "listOf", "append", "concat", 3],
        "join": ["join", reduced, other, 3],
        "leftOuterJoin": ["leftOuterJoin", reduced, other, 3],
        "rightOuterJoin": ["rightOuterJoin", reduced, other, 3],
        "fullOuterJoin": ["fullOuterJoin", reduced, other, 3],
        "cogroup": ["cogroup", reduced, other, 3],
        "partitionBy": ["partitionBy", pairs, 3],
        "filter": ["filter", reduced, "keyIsLong"],
        "mapValues": ["mapValues", reduced, "double"],
        "flatMapValues": ["flatMapValues", reduced, "twice"],
        "mapPartitions that keeps keys": ["mapPartitionsKeeping", reduced, "reverseRows"],
        "mapPartitions": ["mapPartitions", reduced, "reverseRows"],
        "map": ["map", reduced, "identity"],
        "flatMap": ["flatMap", reduced, "twice"],
        "a function's partitions": ["partitionBy", pairs, 3, "placeBySize"],
        "another number of partitions": ["reduceByKey", pairs, "add", 4],
        "no shuffle": pairs,
        "coalesce": ["coalesce", ["reduceByKey", pairs, "add", 6], 3],
        "sample": ["sample", reduced, False, 0.5, 7],
        "distinct": ["distinct", pairs, 3],
        "sortByKey": ["sortByKey", pairs, True, 3],
        "subtractByKey": ["subtractByKey", reduced, other, 3],
        "glom": ["glom", reduced],
        "swapped keys": ["map", reduced, "swap"],
    }.items():
        family.add(f"whether keys lie by hash after {what}", ["keepsPartitioner", made, 3])


def narrow():
    """What needs no shuffle: rows in order."""
    family = Family("narrow")
    for kind in ROWS:
        for layout in [(7, 3), (3, 8)]:
            rows = family.rows(kind, layout)
            family.add(f"collect {kind}, {told(layout)}", ["collect", rows])
            family.add(f"toLocalIterator over {kind}, {told(layout)}", ["toLocalIterator", rows])
            family.add(f"map to pairs of {kind}, {told(layout)}", ["collect", ["map", rows, "withOne"]])
            family.add(f"reverse each partition of {kind}, {told(layout)}", ["collect", ["mapPartitions", rows, "reverseRows"]])
    odd = [NAN, -0.0, 0.0, float("inf"), float("-inf"), 1e300, 5e-324, None, b"", b"\x00\xff", "", (), ((),), [], [1, [None]]]
    for partitions in (1, 4, 20):
        rows = ["parallelize", Value(odd), partitions]
        family.add(f"odd values in {partitions} partitions", ["collect", rows])
        family.add(f"odd values in lists of {partitions} partitions", ["collect", ["map", ["glom", rows], "listOf"]])
    for layout in FEW_LAYOUTS:
        numbers = family.rows("integers", layout)
        words = family.rows("words", layout)
        pairs = family.pairs("words", layout)
        family.add(f"map and filter, {told(layout)}", ["collect", ["filter", ["map", numbers, "double"], "isLarge"]])
        family.add(f"flatMap to none or several, {told(layout)}", ["collect", ["flatMap", numbers, "upTo"]])
        family.add(f"flatMap to letters, {told(layout)}", ["collect", ["flatMap", words, "letters"]])
        family.add(f"glom, {told(layout)}", ["collect", ["glom", words]])
        family.add(f"sums of partitions, {told(layout)}", ["collect", ["mapPartitions", numbers, "sumRows"]])
        family.add(f"mapPartitionsWithIndex, {told(layout)}", ["collect", ["mapPartitionsWithIndex", words, "numberRows"]])
        family.add(f"keyBy the length, {told(layout)}", ["collect", ["keyBy", words, "size"]])
        family.add(f"keys, {told(layout)}", ["collect", ["keys", pairs]])
        family.add(f"values, {told(layout)}", ["collect", ["values", pairs]])
        family.add(f"mapValues to null, {told(layout)}", ["collect", ["mapValues", pairs, "nullWhenEven"]])
        family.add(f"flatMapValues, {told(layout)}", ["collect", ["flatMapValues", pairs, "upTo"]])
        family.add(f"zip, {told(layout)}", ["collect", ["zip", numbers, ["map", words, "identity"]]])
        family.add(f"nothing is left of {told(layout)}", ["collect", ["filter", words, "nothing"]])
        range_of = ["filterByRange", family.pairs("integers", layout), 5, 12]
        family.add(f"filterByRange, {told(layout)}", ["collect", range_of])
        sorted_range = ["filterByRange", ["sortByKey", family.pairs("integers", layout), True, 3], 5, 12]
        family.add(f"filterByRange of what is sorted, {told(layout)}", ["collect", sorted_range], "sorted by first")
        cross = ["cartesian", numbers, family.rows("words", (3, 2))]
        family.add(f"cartesian, {told(layout)}", ["collect", cross], "multiset")
    lines = ["parallelize", Value(["pear", "fig", "apple", "été"]), 2]
    family.add("pipe through cat", ["collect", ["pipe", lines, Value(["cat"])]])
    family.add("pipe through sort sorts each partition", ["collect", ["pipe", lines, Value(["sort", "-r"])]])
    family.add("pipe runs the command of an empty partition too", ["collect", ["pipe", ["range", 0, 2, 1, 4], Value(["wc", "-l"])]])
    family.add("pipe has arguments with spaces", ["collect", ["pipe", lines, Value(["sed", "s/p/a b/"])]])
    family.add("pipe writes numbers", ["collect", ["pipe", ["range", 8, 12, 1, 2], Value(["cat"])]])
    family.add("pipe through a command that fails", ["collect", ["pipe", lines, Value(["false"])]])
    uneven = ["range", 0, 7, 1, 2]
    family.add("zip of unequal lengths fails", ["collect", ["zip", uneven, ["range", 0, 6, 1, 2]]])
    family.add("zip of unequal numbers of partitions fails", ["collect", ["zip", uneven, ["range", 0, 7, 1, 3]]])


def by_key():
    """Pair operations: rows in any order, groups as multisets."""
    family = Family("by-key")
    for kind in ROWS:
        rng = family.random(kind)
        for layout in [*([(0, 3)] if kind == "words" else []), *rng.sample(LAYOUTS[2:], 2)]:
            about = f"{kind}, {told(layout)}"
            pairs = family.pairs(kind, layout)
            for name, program, compare in [
                ("reduceByKey adds", ["collect", ["reduceByKey", pairs, "add", 3]], "multiset"),
                ("groupByKey", ["collect", ["groupByKey", pairs, 4]], "groups"),
                ("aggregateByKey counts", ["collect", ["aggregateByKey", pairs, 0, "countUp", "add", 2]], "multiset"),
                ("foldByKey multiplies", ["collect", ["foldByKey", pairs, 1, "multiply", 3]], "multiset"),
                ("combineByKey lists", ["collect", ["combineByKey", pairs, "listOf", "append", "concat", 2]], "groups"),
                ("countByKey", ["countByKey", pairs], "multiset"),
                ("countByValue", ["countByValue", ["keys", pairs]], "multiset"),
                ("distinct", ["collect", ["distinct", ["keys", pairs], 3]], "multiset"),
                ("distinct pairs", ["collect", ["distinct", pairs, 2]], "multiset"),
                ("reduceByKeyLocally", ["reduceByKeyLocally", pairs, "larger"], "multiset"),
                ("collectAsMap keeps the last", ["collectAsMap", pairs], "multiset"),
                ("sizes of groups", ["collect", ["mapValues", ["groupByKey", pairs, 3], "size"]], "multiset"),
            ]:
                family.add(f"{name}: {about}", program, compare)
    for layout in FEW_LAYOUTS:
        words = family.rows("words", layout)
        numbers = family.rows("integers", layout)
        family.add(f"groupBy length, {told(layout)}", ["collect", ["groupBy", words, "size", 3]], "groups")
        family.add(f"word count, {told(layout)}", ["collect", ["reduceByKey", ["map", words, "withOne"], "add", 2]], "multiset")
        family.add(f"null values, {told(layout)}", ["collect", ["groupByKey", family.pairs("integers", layout, values="nullable integers"), 2]], "groups")
        family.add(f"reduceByKey after mapValues, {told(layout)}", ["collect", ["mapValues", ["reduceByKey", ["map", numbers, "withMod3"], "larger", 2], "negate"]], "multiset")
        one = family.pairs("integers", layout)
        family.add(f"lookup, {told(layout)}", ["lookup", one, 3])
        family.add(f"lookup of what lies by key, {told(layout)}", ["lookup", ["partitionBy", one, 3], 3], "multiset")
        family.add(f"lookup of null, {told(layout)}", ["lookup", family.pairs("nullable integers", layout), None])
        family.add(f"lookup of a tuple, {told(layout)}", ["lookup", family.pairs("tuples", layout), Value((1, "fig"))])
    # One partition: the order in which a key's values meet is known.
    for fn in ("firstOf", "lastOf", "join"):
        pairs = ["parallelize", Value([("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("b", "5"), ("a", "6")]), 1]
        family.add(f"reduceByKey with {fn} goes in order", ["collect", ["reduceByKey", pairs, fn, 2]], "multiset")
        family.add(f"foldByKey with {fn} goes in order", ["collect", ["foldByKey", pairs, Value("z"), fn, 2]], "multiset")
    family.add("a zero is new for each key", ["collect", ["aggregateByKey", pairs, Value([]), "append", "concat", 2]], "multiset")
    zeros = [(0.0, 1), (-0.0, 2), (0.0, 3), (0, 4)]
    for partitions in (1, 3):
        rows = ["parallelize", Value(zeros), partitions]
        family.add(f"-0 and 0 are one key, {partitions} partitions", ["collect", ["reduceByKey", rows, "add", 2]], "multiset")
        family.add(f"lookup of -0 finds 0, {partitions} partitions", ["lookup", rows, -0.0])
    first = ["parallelize", Value([(-0.0, 1), (0.0, 2)]), 1]
    family.add("the first key stays", ["collect", ["reduceByKey", first, "add", 1]], "multiset")
    family.add("the first value stays", ["collect", ["distinct", ["parallelize", Value([-0.0, 0.0, -0.0]), 1], 1]], "multiset")
    deep = ["parallelize", Value([((None, (1, b"x")), 1), ((None, (1, b"x")), 2), ((None, (1, b"y")), 4)]), 2]
    family.add("deep tuples with null and bytes are keys", ["collect", ["reduceByKey", deep, "add", 2]], "multiset")
    texts = ["parallelize", Value([("1", 1), (1, 2), (b"1", 4), ((1,), 8), (None, 16), ("None", 32), ("", 64), (b"", 128), ((), 256)]), 3]
    family.add("keys of unlike types are unlike", ["collect", ["reduceByKey", texts, "add", 2]], "multiset")


JOINS = ["join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin"]


def outer_join_rows(spark, left, right):
    """Ours: undefined where a side has no such key; null is what a row held."""
    absent = {"undefined": True}
    keys = [[key for key, _ in side] for side in (left, right)]
    return {
        "list": [
            [encode(key), [encode(v) if key in keys[0] else absent, encode(w) if key in keys[1] else absent]]
            for key, (v, w) in spark
        ]
    }


def pairing():
    """Joins of all kinds with keys that occur on either side, on both, and more than once; cogroup; set operations."""
    family = Family("pairing")
    shapes = [((7, 3), (6, 2)), ((0, 2), (5, 2)), ((5, 1), (0, 1)), ((3, 8), (9, 1))]
    for i, kind in enumerate(ROWS):
        for left, right in (shapes[i % 4], shapes[(i + 1) % 4]):
            sides = [family.pairs(kind, left, "left"), family.pairs(kind, right, "right", values="nullable integers")]
            about = f"{kind}, {told(left)} with {told(right)}"
            rows = [side[1].value for side in sides]
            for join in JOINS:
                unlike = {} if join == "join" else {"difference": "outer-join", "ours": lambda spark, rows=rows: outer_join_rows(spark, *rows)}
                family.add(f"{join}: {about}", ["collect", [join, *sides, 3]], "multiset", **unlike)
            family.add(f"cogroup: {about}", ["collect", ["cogroup", *sides, 3]], "cogroups")
            family.add(f"subtractByKey: {about}", ["collect", ["subtractByKey", *sides, 2]], "multiset")
            family.add(f"subtract: {about}", ["collect", ["subtract", ["keys", sides[0]], ["keys", sides[1]], 2]], "multiset")
            family.add(f"intersection: {about}", ["collect", ["intersection", ["keys", sides[0]], ["keys", sides[1]]]], "multiset")
    sides = [family.pairs("words", (6, 2), str(i)) for i in range(4)]
    family.add("cogroup of three", ["collect", ["cogroup", *sides[:3], None]], "cogroups")
    family.add("cogroup of four", ["collect", ["cogroup", *sides, None]], "cogroups")
    family.add("cogroup of four, two of them empty", ["collect", ["cogroup", sides[0], *[family.pairs("words", (0, 2))] * 2, sides[1], None]], "cogroups")
    family.add("join with itself", ["collect", ["join", sides[0], sides[0], 2]], "multiset")
    placed = [["partitionBy", side, 4] for side in sides[:2]]
    family.add("join of what lies alike", ["collect", ["join", *placed, 4]], "multiset")
    family.add("join of what lies otherwise", ["collect", ["join", placed[0], ["partitionBy", sides[1], 3], 4]], "multiset")
    family.add("join of totals", ["collect", ["join", ["reduceByKey", sides[0], "add", 3], ["reduceByKey", sides[1], "larger", 3], 3]], "multiset")
    family.add("join of a union", ["collect", ["join", ["union", *placed], placed[0], 4]], "multiset")
    family.add("three joins", ["collect", ["join", ["join", *placed, 4], ["join", *sides[2:], 4], 4]], "multiset")


def order():
    """sortBy and its kin: the order of keys exactly, that of ties not."""
    family = Family("order")
    for kind in ORDERED:
        for layout in [*([(0, 3), (1, 4)] if kind == "words" else []), (12, 4), (3, 8)]:
            rows = family.rows(kind, layout)
            pairs = family.pairs(kind, layout)
            for ascending in (True, False):
                about = f"{kind} {'up' if ascending else 'down'}, {told(layout)}"
                family.add(f"sortByKey: {about}", ["collect", ["sortByKey", pairs, ascending, 3]], "sorted by first")
                family.add(f"sortBy itself: {about}", ["collect", ["sortBy", rows, "identity", ascending, 2]])
            family.add(f"top of {kind}, {told(layout)}", ["top", rows, 3, None])
            family.add(f"takeOrdered of {kind}, {told(layout)}", ["takeOrdered", rows, 4, None])
            family.add(f"max of {kind}, {told(layout)}", ["max", rows, None])
            family.add(f"min of {kind}, {told(layout)}", ["min", rows, None])
    for layout in FEW_LAYOUTS:
        words = family.rows("words", layout)
        numbers = family.rows("integers", layout)
        family.add(f"sortBy with ties, {told(layout)}", ["collect", ["sortBy", words, "size", True, 3]], "sorted by size")
        family.add(f"sortBy with ties, down, {told(layout)}", ["collect", ["sortBy", numbers, "mod3", False, 2]], "sorted by mod3")
        family.add(f"top with a key, {told(layout)}", ["top", words, 3, "size"])
        family.add(f"takeOrdered with a key, {told(layout)}", ["takeOrdered", numbers, 5, "mod3"])
        family.add(f"max with a key keeps the first, {told(layout)}", ["max", numbers, "mod3"])
        family.add(f"min with a key keeps the first, {told(layout)}", ["min", words, "size"])
        pairs = family.pairs("integers", layout)
        family.add(
            f"repartitionAndSortWithinPartitions, {told(layout)}",
            ["collect", ["glom", ["mapPartitions", ["repartitionAndSortWithinPartitions", pairs, 3, "place"], "reverseRows"]]],
            "partitions",
        )
        family.add(
            f"keys of repartitionAndSortWithinPartitions, {told(layout)}",
            ["collect", ["glom", ["keys", ["repartitionAndSortWithinPartitions", pairs, 4, "place"]]]],
        )
    one = ["parallelize", Value([(2, "a"), (1, "b"), (2, "c"), (1, "d"), (2, "e")]), 1]
    for ascending in (True, False):
        family.add(f"ties of one partition keep their order, ascending {ascending}", ["collect", ["sortByKey", one, ascending, 1]])
    for count in (0, 1, 40):
        family.add(f"take {count} of 12", ["take", ["range", 0, 12, 1, 5], count])
        family.add(f"top {count} of 12", ["top", ["range", 0, 12, 1, 5], count, None])
    late = ["filter", ["range", 0, 12, 1, 12], "isLarge"]
    family.add("take over empty partitions", ["take", late, 2])
    family.add("first over empty partitions", ["first", late])
    family.add("isEmpty over empty partitions", ["isEmpty", late])
    family.add("reduce over empty partitions", ["reduce", late, "add"])
    family.add("max over empty partitions", ["max", late, None])
    for kind in ("integers", "words"):
        made = ["sortByKey", family.pairs(kind, (12, 4)), True, 3]
        family.add(f"sortByKey of {kind} has so many partitions", ["numPartitions", made])


def totals():
    """Actions that end in one value, and what they make of nothing."""
    family = Family("totals")
    for layout in FEW_LAYOUTS:
        numbers = family.rows("integers", layout)
        fractions = family.rows("fractions", layout)
        words = family.rows("words", layout)
        about = told(layout)
        family.add(f"count, {about}", ["count", words])
        family.add(f"isEmpty, {about}", ["isEmpty", words])
        family.add(f"first, {about}", ["first", words])
        family.add(f"reduce adds, {about}", ["reduce", numbers, "add"])
        family.add(f"reduce joins in order, {about}", ["reduce", words, "join"])
        family.add(f"treeReduce adds, {about}", ["treeReduce", numbers, "add", 2])
        family.add(f"fold has a zero per partition and one more, {about}", ["fold", numbers, 10, "add"])
        family.add(f"fold joins in order, {about}", ["fold", words, Value("z"), "join"])
        family.add(f"aggregate, {about}", ["aggregate", words, 1, "addSize", "add"])
        family.add(f"aggregate to a list, {about}", ["aggregate", words, Value([]), "append", "concat"])
        family.add(f"treeAggregate, {about}", ["treeAggregate", words, 1, "addSize", "add", 2])
        family.add(f"treeAggregate of depth 3, {about}", ["treeAggregate", words, 0, "countUp", "add", 3])
        family.add(f"foreach, {about}", ["foreachSum", numbers])
        family.add(f"foreachPartition, {about}", ["foreachPartitionCount", words])
        family.add(f"sum, {about}", ["sum", fractions], "near")
        nothing = {"difference": "empty-mean", "ours": lambda spark: [*map(encode, spark[:2]), {"number": "NaN"}, *map(encode, spark[3:])]}
        family.add(f"stats, {about}", ["stats", fractions], "near", **(nothing if layout[0] == 0 else {}))
        nothing = {"difference": "empty-mean", "ours": lambda spark: {"number": "NaN"}}
        family.add(f"mean, {about}", ["mean", fractions], "near", **(nothing if layout[0] == 0 else {}))
        for name in ("variance", "sampleVariance", "stdev", "sampleStdev"):
            family.add(f"{name}, {about}", [name, fractions], "near")
        family.add(f"histogram of bounds, {about}", ["histogram", fractions, Value([-4.0, 0.0, 0.5, 2.0, 7.0])])
        family.add(f"histogram of even bounds, {about}", ["histogram", numbers, Value([0.0, 5.0, 10.0, 20.0])])
        family.add(f"histogram of four buckets, {about}", ["histogram", numbers, 4])
        family.add(f"histogram of one bucket, {about}", ["histogram", numbers, 1])
        family.add(f"countByValue, {about}", ["countByValue", words], "multiset")
        family.add(f"countApproxDistinct of few, {about}", ["countApproxDistinct", words, 0.05], "near")
    for empty in (["range", 0, 0, 1, 3], ["filter", ["range", 0, 9, 1, 4], "nothing"]):
        for program in (["first", empty], ["reduce", empty, "add"], ["treeReduce", empty, "add", 2], ["max", empty, None], ["min", empty, None], ["take", empty, 3], ["top", empty, 2, None], ["fold", empty, 0, "add"], ["sum", empty], ["histogram", empty, 3], ["isEmpty", empty], ["collect", ["sortBy", empty, "identity", True, 2]]):
            made = "an empty range" if empty[0] == "range" else "empty partitions"
            family.add(f"{program[0]} of {made}", program)
    odd = ["parallelize", Value([1.0, NAN, 3.0, 3.5]), 2]
    family.add("histogram leaves out NaN", ["histogram", odd, Value([0.0, 2.0, 4.0])])
    family.add("the last bucket has its end", ["histogram", ["range", 0, 11, 1, 3], 2])
    family.add("histogram of equal numbers", ["histogram", ["parallelize", Value([2.0, 2.0, 2.0]), 2], 3])
    family.add("histogram of bounds that fall", ["histogram", ["range", 0, 3, 1, 1], Value([2.0, 1.0])])
    family.add("stats of large numbers near each other", ["stats", ["parallelize", Value([1e9 + i for i in range(10)]), 3]], "near")
    family.add("sum of infinities", ["sum", ["parallelize", Value([float("inf"), 1.0, float("inf")]), 2]])
    family.add("treeReduce of many partitions", ["treeReduce", ["range", 0, 40, 1, 20], "add", 3])
    family.add("treeAggregate of many partitions", ["treeAggregate", ["range", 0, 40, 1, 20], 1, "add", "add", 2])


def within(count, chance, spread=5.0):
    """Bounds that a fair sample leaves once in a million times."""
    reach = spread * sqrt(count * chance * (1 - chance) + 1)
    return [max(0, int(count * chance - reach)), int(count * chance + reach) + 1]


def samples():
    """Samples: how many rows, never which ones."""
    family = Family("samples")
    thousand = ["range", 0, 1000, 1, 4]
    for seed in (1, 2, 3):
        for fraction in (0.0, 0.1, 0.5, 0.9, 1.0):
            sample = ["sample", thousand, False, fraction, seed]
            family.add(f"sample of {fraction}, seed {seed}", ["count", sample], "within", bounds=within(1000, fraction))
        again = ["sample", thousand, True, 0.7, seed]
        family.add(f"sample with replacement, seed {seed}", ["count", again], "within", bounds=[560, 840])
        split = ["randomSplitSizes", thousand, Value([2.0, 3.0, 5.0]), seed]
        bounds = [within(1000, part) for part in (0.2, 0.3, 0.5)]
        family.add(f"randomSplit, seed {seed}", split, "within", bounds=bounds)
        some = family.rows("words", (16, 2), str(seed))
        family.add(f"randomSplit loses no row, seed {seed}", ["randomSplitRows", some, Value([1.0, 1.0]), seed], "multiset")
        both = ["sampleTwice", thousand, 0.5, seed, seed + 100]
        family.add(f"samples of seeds {seed} and {seed + 100} are independent", both, "within", bounds=within(1000, 0.25))
        for size in (0, 10, 1000, 2000):
            family.add(f"takeSample of {size}, seed {seed}", ["takeSampleSizes", thousand, False, size, seed])
        family.add(f"takeSample from nothing, seed {seed}", ["takeSampleSizes", ["range", 0, 0, 1, 2], False, 5, seed])
        keyed = ["keyBy", thousand, "mod3"]
        exact = ["countByKey", ["sampleByKey", keyed, Value(((0, 1.0), (1, 0.0), (2, 1.0))), seed]]
        family.add(f"sampleByKey with all and none, seed {seed}", exact, "multiset")
        part = ["count", ["sampleByKey", keyed, Value(((0, 0.5), (1, 0.0), (2, 0.0))), seed]]
        family.add(f"sampleByKey with a half, seed {seed}", part, "within", bounds=within(334, 0.5))
    family.add("a sample has no row twice", ["count", ["distinct", ["sample", thousand, False, 1.0, 9], 2]])


def differences():
    """What is ours on purpose: docs/spark-parity.md has the reason of each."""
    family = Family("differences")

    def unlike(difference, name, program, ours, compare="multiset"):
        family.add(name, program, compare, difference=difference, ours=lambda spark: ours)

    booleans = ["parallelize", Value([(True, 1), (1, 2), (False, 4), (0, 8)]), 1]
    separate = {"list": [[True, 1], [1, 2], [False, 4], [0, 8]]}
    unlike("booleans", "true is not 1 as a key", ["collect", ["reduceByKey", booleans, "add", 2]], separate)
    unlike("booleans", "true is not 1 in countByValue", ["countByValue", ["keys", booleans]], {"list": [[key, 1] for key in (True, 1, False, 0)]})
    unlike("booleans", "true is not 1 in distinct", ["collect", ["distinct", ["keys", booleans], 2]], {"list": [True, 1, False, 0]})
    nans = ["parallelize", Value([(NAN, 1), (NAN, 2), (1.5, 4)]), 2]
    nan = {"number": "NaN"}
    unlike("nan-keys", "NaN is one key", ["collect", ["reduceByKey", nans, "add", 2]], {"list": [[nan, 3], [1.5, 4]]})
    unlike("nan-keys", "NaN is one value", ["collect", ["distinct", ["keys", nans], 2]], {"list": [nan, 1.5]})
    unlike("nan-keys", "NaN meets NaN in a join", ["collect", ["join", nans, nans, 2]], {"list": [[nan, [a, b]] for a in (1, 2) for b in (1, 2)] + [[1.5, [4, 4]]]})
    lists = ["parallelize", Value([([1, 2], 1), ([1, 2], 2), ([2], 4)]), 2]
    unlike("list-keys", "arrays are keys by value", ["collect", ["reduceByKey", lists, "add", 2]], {"list": [[[1, 2], 3], [[2], 4]]})
    unlike("list-keys", "arrays are values in distinct", ["collect", ["distinct", ["keys", lists], 2]], {"list": [[1, 2], [2]]})
    mixed = ["parallelize", Value([3, None, "a", 1]), 1]
    unlike("mixed-order", "null, numbers and texts have an order", ["collect", ["sortBy", mixed, "identity", True, 2]], {"list": [None, 1, 3, "a"]}, "exact")
    unlike("mixed-order", "the largest of unlike types", ["top", mixed, 2, None], {"list": ["a", 3]}, "exact")
    unlike("mixed-order", "the smallest is null", ["min", mixed, None], None, "exact")
    floats = ["parallelize", Value([2.0, NAN, 1.0, NAN, 3.0]), 1]
    unlike("nan-order", "NaN comes last", ["collect", ["sortBy", floats, "identity", True, 1]], {"list": [1, 2, 3, nan, nan]}, "exact")
    unlike("nan-order", "NaN is the smallest of none but itself", ["takeOrdered", ["parallelize", Value([NAN, 1.0, 2.0]), 1], 2, None], {"list": [1, 2]}, "exact")
    pairs = family.pairs("words", (6, 3))
    other = family.pairs("words", (4, 2))
    for name, program in {
        "reduceByKey": ["reduceByKey", pairs, "add", None],
        "join": ["join", pairs, other, None],
        "distinct": ["distinct", pairs, None],
    }.items():
        unlike("default-partitions", f"partitions of {name} where none are given", ["numPartitions", program], 2, "exact")


for declare in (partitions_and_rows, narrow, by_key, pairing, order, totals, samples, differences):
    declare()
