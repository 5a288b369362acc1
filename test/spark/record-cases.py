"""
Runs the cases of cases.py with PySpark 4 and writes what they give to fixtures/, which spark-cases.test.ts replays with this
library. It needs Java 17 and PySpark:

    python3 -m venv /tmp/pyspark && /tmp/pyspark/bin/pip install 'pyspark>=4,<5'
    /tmp/pyspark/bin/python test/spark/record-cases.py

Rows come from seeds, so that a second run writes the same files, but for what Spark itself leaves open: rows in another
order. It also writes the names of all public methods, for the test of docs/spark-parity.md.
"""

import json
import os
import sys
from pathlib import Path

# Workers hash keys as the driver does only where the seed of hashes is fixed before Python starts.
if os.environ.get("PYTHONHASHSEED") != "0":
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"})
here = Path(__file__).resolve().parent
# Workers import the functions of a program from here.
os.environ["PYTHONPATH"] = str(here)

import pyspark  # noqa: E402
from cases import families  # noqa: E402
from encoded_values import encode, encode_program  # noqa: E402
from run_program import Spark  # noqa: E402


def outcome(spark, program):
    try:
        return spark.run(program), None
    except Exception as error:
        return None, type(error).__name__


def check_within(name, sizes, bounds):
    pairs = zip(sizes, bounds) if isinstance(sizes, tuple) else [(sizes, bounds)]
    for size, (low, high) in pairs:
        assert low <= size <= high, f"{name}: Spark itself has {size}, not between {low} and {high}"


def record(spark, case):
    result, error = outcome(spark, case["program"])
    if case["compare"] == "within":
        check_within(case["name"], result, case["bounds"])
    if error and "difference" not in case:
        print(f"  {case['name']}: {error}")
    spark_gives = {"error": error} if error else encode(result)
    written = {**case, "program": encode_program(case["program"]), "spark": spark_gives}
    if "ours" in case:
        written["ours"] = case["ours"](result)
        if written["ours"] == spark_gives:
            del written["ours"], written["difference"]
    return written


def write(name, head, entries):
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    head = json.dumps(head, ensure_ascii=False)[1:-1]
    (here / "fixtures" / f"{name}.json").write_text(f'{{{head},\n"entries": [\n{lines}\n]}}\n', encoding="utf-8")


def methods_of(context, name):
    """Public methods of a class on the JVM, without those of Object and Logging and what the compiler makes."""
    jvm = context._jvm
    named = {method.getName() for method in jvm.java.lang.Class.forName(name).getMethods()}
    others = ["java.lang.Object", "org.apache.spark.internal.Logging"]
    known = {method.getName() for other in others for method in jvm.java.lang.Class.forName(other).getMethods()}
    return sorted(method for method in named - known if "$" not in method)


def main():
    conf = pyspark.SparkConf().setMaster("local[2]").set("spark.ui.enabled", "false").set("spark.ui.showConsoleProgress", "false")
    conf = conf.set("spark.driver.bindAddress", "127.0.0.1").set("spark.driver.host", "127.0.0.1")
    # Rows one by one, as Scala has them: in batches PySpark cuts lists elsewhere.
    context = pyspark.SparkContext(conf=conf, batchSize=1)
    context.setLogLevel("OFF")
    wanted = sys.argv[1:] or families
    for name in wanted:
        print(f"{name}: {len(families[name])} cases", flush=True)
        write(name, {"spark": pyspark.__version__}, [record(Spark(context), case) for case in families[name]])
    classes = ["RDD", "PairRDDFunctions", "OrderedRDDFunctions", "DoubleRDDFunctions", "AsyncRDDActions"]
    entries = [{"class": name, "methods": methods_of(context, f"org.apache.spark.rdd.{name}")} for name in classes]
    public = sorted(name for name in dir(pyspark.RDD) if not name.startswith("_"))
    write("methods", {"spark": pyspark.__version__}, [*entries, {"class": "pyspark.RDD", "methods": public}])
    context.stop()


main()
