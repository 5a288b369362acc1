"""The functions that programs name. functions.ts has the same ones: whoever adds one here adds it there."""


def append(total, row):
    return total + [row]


functions = {
    # of one row
    "identity": lambda x: x,
    "double": lambda x: x * 2,
    "negate": lambda x: 0 - x,
    "isEven": lambda x: x % 2 == 0,
    "isLarge": lambda x: x > 10,
    "isNull": lambda x: x is None,
    "nothing": lambda x: False,
    "mod3": lambda x: x % 3,
    "size": lambda x: len(x),
    "isLong": lambda x: len(x) > 4,
    "toNull": lambda x: None,
    "nullWhenEven": lambda x: None if x % 2 == 0 else x,
    "withMod3": lambda x: (x % 3, x),
    "withOne": lambda x: (x, 1),
    "twice": lambda x: [x, x],
    "upTo": lambda x: range(x % 4),
    "letters": lambda x: list(x),
    "listOf": lambda x: [x],
    "first": lambda pair: pair[0],
    "second": lambda pair: pair[1],
    "swap": lambda pair: (pair[1], pair[0]),
    "keyIsLong": lambda pair: len(pair[0]) > 4,
    "sumAll": lambda rows: sum(rows),
    "largestOf": lambda rows: max(rows),
    "place": lambda key: key,
    "placeBySize": lambda key: len(key),
    "placeByMod": lambda key: key % 3,
    # of two rows, or of a total and a row
    "add": lambda a, b: a + b,
    "multiply": lambda a, b: a * b,
    "larger": lambda a, b: a if a >= b else b,
    "firstOf": lambda a, b: a,
    "lastOf": lambda a, b: b,
    "join": lambda a, b: a + "|" + b,
    "append": append,
    "concat": lambda a, b: a + b,
    "countUp": lambda total, row: total + 1,
    "addSize": lambda total, row: total + len(row),
    # of a partition, or of its number and the partition
    "sumRows": lambda rows: [sum(rows)],
    "countRows": lambda rows: [len(list(rows))],
    "reverseRows": lambda rows: list(rows)[::-1],
    "numberRows": lambda index, rows: [(index, row) for row in rows],
    "countRowsOf": lambda index, rows: [(index, len(list(rows)))],
}
