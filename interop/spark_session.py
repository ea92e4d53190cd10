"""A small, quick Delta Spark session for tests: UTC, one core, no UI, expressions interpreted rather than compiled."""

import glob
import logging
import os
import tempfile

os.environ["TZ"] = "UTC"

# What the optimizer may not do when Spark is asked for the meaning of an expression: evaluating constants early,
# or simplifying around them, moves or hides an error that belongs to a row.
EXPRESSION_RULES = ",".join(
    "org.apache.spark.sql.catalyst.optimizer." + rule
    for rule in """BooleanSimplification CombineConcats ConstantFolding ConstantPropagation FoldablePropagation LikeSimplification
    NullDownPropagation NullPropagation OptimizeIn PushFoldableIntoBranches ReorderAssociativeOperator ReplaceNullWithFalseInPredicate
    SimplifyBinaryComparison SimplifyCaseConversionExpressions SimplifyCasts SimplifyConditionals SimplifyExtractValueOps UnwrapCastInBinaryComparison""".split()
)


def interop_dir():
    """The folder setup.sh fills: $FORESET_INTEROP_DIR, by default foreset/interop under the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("FORESET_INTEROP_DIR") or os.path.join(cache, "foreset", "interop")


def session(memory="2g", **conf):
    """Starts Spark with Delta; conf is further Spark configuration, dots in the keys."""
    from pyspark.sql import SparkSession

    jars = sorted(glob.glob(os.path.join(interop_dir(), "jars", "*.jar")))
    if not jars:
        raise SystemExit("no jars under %s: run interop/setup.sh" % interop_dir())
    settings = {
        "spark.jars": ",".join(jars),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": os.path.join(tempfile.gettempdir(), "foreset-interop-warehouse"),
        "spark.sql.ansi.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    settings.update(conf)
    logging.getLogger("SQLQueryContextLogger").disabled = True  # it prints the stack of every error, expected or not
    builder = SparkSession.builder.master("local[1]").appName("interop")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark
