"""
Runs a program with PySpark. A program is a list: the name of an operation, then its arguments, the first of them the program
of the dataset that it is called on. run-program.ts runs the same ones.
"""

import shlex

from encoded_values import Value
from functions import functions


def given(args):
    return [arg.value if isinstance(arg, Value) else arg for arg in args]


class Spark:
    def __init__(self, context):
        self.context = context

    def dataset(self, program):
        name, *args = program
        make = getattr(self, f"make_{name}", None)
        return make(*given(args)) if make else self.method(name, *args)

    def method(self, name, on, *args):
        """Operations whose arguments are the method's own: names of functions, datasets, numbers."""
        return getattr(self.dataset(on), name)(*map(self.argument, args))

    def argument(self, arg):
        if isinstance(arg, str):
            return functions[arg]
        return self.dataset(arg) if isinstance(arg, list) else arg

    # Datasets whose arguments are values, or are given in another way than by PySpark

    def make_parallelize(self, rows, partitions):
        return self.context.parallelize(rows, partitions)

    def make_range(self, start, end, step, partitions):
        return self.context.range(start, end, step, partitions)

    def make_union(self, on, *others):
        united = self.dataset(on)
        for other in others:
            united = united.union(self.dataset(other))
        return united

    def make_cogroup(self, on, *others_and_partitions):
        *others, partitions = others_and_partitions
        first, *rest = map(self.dataset, [on, *others])
        return first.cogroup(*rest, numPartitions=partitions) if len(rest) == 1 else first.groupWith(*rest)

    def make_foldByKey(self, on, zero, fn, partitions):
        return self.dataset(on).foldByKey(zero, functions[fn], partitions)

    def make_aggregateByKey(self, on, zero, merge, combine, partitions):
        return self.dataset(on).aggregateByKey(zero, functions[merge], functions[combine], partitions)

    def make_sortBy(self, on, fn, ascending, partitions):
        return self.dataset(on).sortBy(functions[fn], ascending, partitions)

    def make_sortByKey(self, on, ascending, partitions):
        return self.dataset(on).sortByKey(ascending, partitions)

    def make_repartitionAndSortWithinPartitions(self, on, partitions, fn):
        return self.dataset(on).repartitionAndSortWithinPartitions(partitions, functions[fn])

    def make_filterByRange(self, on, low, high):
        """PySpark has none; Scala's gives the pairs that this filter does."""
        return self.dataset(on).filter(lambda pair: low <= pair[0] <= high)

    def make_mapPartitionsKeeping(self, on, fn):
        return self.dataset(on).mapPartitions(functions[fn], preservesPartitioning=True)

    def make_pipe(self, on, command):
        return self.dataset(on).pipe(shlex.join(command), checkCode=True)

    def make_sample(self, on, replacement, fraction, seed):
        return self.dataset(on).sample(replacement, fraction, seed)

    def make_sampleByKey(self, on, fractions, seed):
        return self.dataset(on).sampleByKey(False, dict(fractions), seed)

    # Actions

    def run(self, program):
        name, on, *args = program
        run = getattr(self, f"run_{name}", None)
        rdd = self.dataset(on)
        return run(rdd, *given(args)) if run else self.action(name, rdd, *args)

    def action(self, name, rdd, *args):
        return getattr(rdd, name)(*(functions[arg] if isinstance(arg, str) else arg for arg in args))

    def run_numPartitions(self, rdd):
        return rdd.getNumPartitions()

    def run_keepsPartitioner(self, rdd, partitions):
        """Whether it lies by the hash partitioner already, so that partitionBy has nothing to do."""
        return rdd.partitionBy(partitions) is rdd

    def run_toLocalIterator(self, rdd):
        return list(rdd.toLocalIterator())

    def run_fold(self, rdd, zero, fn):
        return rdd.fold(zero, functions[fn])

    def run_aggregate(self, rdd, zero, merge, combine):
        return rdd.aggregate(zero, functions[merge], functions[combine])

    def run_treeAggregate(self, rdd, zero, merge, combine, depth):
        return rdd.treeAggregate(zero, functions[merge], functions[combine], depth)

    def run_top(self, rdd, count, key):
        return rdd.top(count, key and functions[key])

    def run_takeOrdered(self, rdd, count, key):
        return rdd.takeOrdered(count, key and functions[key])

    def run_max(self, rdd, key):
        return rdd.max(key and functions[key])

    def run_min(self, rdd, key):
        return rdd.min(key and functions[key])

    def run_stats(self, rdd):
        s = rdd.stats()
        spread = (s.variance(), s.sampleVariance(), s.stdev(), s.sampleStdev())
        return (s.count(), s.sum(), s.mean(), s.min(), s.max(), *spread)

    def run_histogram(self, rdd, buckets):
        return rdd.histogram(buckets)

    def run_lookup(self, rdd, key):
        return rdd.lookup(key)

    def run_foreachSum(self, rdd):
        total = self.context.accumulator(0)
        rdd.foreach(lambda row: total.add(row))
        return total.value

    def run_foreachPartitionCount(self, rdd):
        total = self.context.accumulator(0)
        rdd.foreachPartition(lambda rows: total.add(1))
        return total.value

    def run_sampleTwice(self, rdd, fraction, one, other):
        """How many rows are in both of two samples without replacement."""
        samples = [set(rdd.sample(False, fraction, seed).collect()) for seed in (one, other)]
        return len(samples[0] & samples[1])

    def run_randomSplitSizes(self, rdd, weights, seed):
        return tuple(part.count() for part in rdd.randomSplit(weights, seed))

    def run_randomSplitRows(self, rdd, weights, seed):
        return [row for part in rdd.randomSplit(weights, seed) for row in part.collect()]

    def run_takeSampleSizes(self, rdd, replacement, size, seed):
        rows = rdd.takeSample(replacement, size, seed)
        return (len(rows), len(set(rows)))
