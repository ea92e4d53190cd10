"""Values inside of JSON texts: get_json_object, its paths, and what it takes for JSON."""

import json
import random

from cases import FEW, TYPES

COLUMNS = [["j", "string"], ["p", "string"]]
STORE = ('{"store":{"fruit":[{"weight":8,"type":"apple"},{"weight":9,"type":"pear"}],"basket":[[1,2,{"b":"y","a":"x"}],[3,4],[5,6]],"book":[{"author":"Nigel Rees","price":8.95},'
         '{"author":"Herman Melville","isbn":"0-553-21311-3","price":8.99}],"bicycle":{"price":19.95,"color":"red"}},"email":"amy@only.net","owner":"amy","zip code":"94025","fb:testid":"1234"}')
STORE_PATHS = ["$", "$.store", "$.store.fruit", "$.store.fruit[0]", "$.store.fruit[1].weight", "$.store.fruit[*]", "$.store.fruit[*].weight", "$.store.fruit[*].type", "$.store.fruit[2]", "$.store.fruit[*].isbn", "$.store.book[*].isbn", "$.store.basket[*]", "$.store.basket[0]",
               "$.store.basket[*][0]", "$.store.basket[0][*]", "$.store.basket[0][*].b", "$.store.basket[*][*]", "$.store.basket[0][2].b", "$.store.basket[*][*].b", "$.store.basket[0][*][*]", "$.store.basket[*][*][*]", "$.store.basket[2][*]", "$.store.*", "$.store.bicycle.*", "$.*", "$['store']",
               "$['store']['bicycle']['color']", "$.store['bicycle'].color", "$['zip code']", "$.zip code", "$.fb:testid", "$.email", "$.Email", "$.store.bicycle.price", "$.store.book[0].price", "$.store.book[*].price", "$['*']", "$.store['*']", "$..price", "$.store.basket[0][*].z"]
PATHS = [None, "", "$", " $", "$ ", "$.", "$..", "$.a", "a", ".a", "$a", "$.a.", "$.a..b", "$[0]", "$[ 0]", "$[0 ]", "$[ 0 ]", "$ [0]", "$[-1]", "$[01]", "$[0", "$0]", "$[]", "$[*]", "$[ *]", "$[* ]", "$.*", "$ .*", "$. *", "$.*a", "$['*']", "$ ['*']", "$[ '*']", "$['a']", "$[ 'a']",
         "$['a' ]", "$[' a']", "$['a ']", "$ ['a']", "$[\"a\"]", "$['a", "$['']", "$['a']['b']", "$['a'].b", "$['a.b']", "$['a[0]']", "$. a", "$.a ", "$ .a", "$.\ta", "$.a b", "$.a.b", "$.a[0]", "$.a [0]", "$.a]", "$.a'", "$.'a'", "$.a*", "$.é", "$.日", "$['日']", "$.😀", "$.$", "$$", "$.a\n",
         "$[0][0]", "$[0].a", "$[*].a", "$[*][0]", "$[*][*]", "$[1]", "$[2147483648]", "$[9223372036854775807]", "$.\"a\"", "$.a\\.b", "$['a\\'b']", "$.0", "$['0']", "$[a]", "$[0,1]", "$[0:1]", "$[?(@.a)]", "@.a", "$.a.b.c", "$.a[*].b", "$.a[*].b[*]", "$.a[*][*].b", "$.a[0][*]", "$.a[0][*].b", "$.A",
         "$[*].a[*]", "$[*].a[0]", "$[*][*].a", "$[*][*][*]", "$[0][*][*]", "$[*][0][*]", "$[*].a.b", "$[*][1]", "$[0][1][2]", "\u00a0$", "$\u3000", "$.\u00a0a", "$.*.*", "$.a.*", "$[*].*", "$.*[0]", "$.a.*.b", "$[*]['a']"]
DOCUMENTS = [None, "", " ", "null", "true", "1", "\"abc\"", "{}", "[]", "[[]]", "[null]", "[{}]", "{\"a\":1}", "{\"a\":null}", "{\"a\":\"x\"}", "{\"a\":{\"b\":{\"c\":[1,2]}}}", "{\"a\":[1,2,3]}", "{\"a\":[{\"b\":1},{\"b\":\"x\"},{\"c\":3},{\"b\":null}]}", "{\"a\":[[{\"b\":1}],[{\"b\":2},{\"b\":[3]}]]}",
             "[1,[2,3],[[4]],{\"a\":5},\"s\",null]", "[{\"a\":1},{\"a\":[2,3]},{\"a\":{\"b\":\"y\"}},[{\"a\":4}]]", "[\"x\"]", "[[\"x\",\"y\"],[\"z\"]]", "[[1]]", "[[[1,2],[3]],[[4,[5,6]]]]", "{\"a\":1,\"a\":2}", "{\"a\":null,\"a\":2}", "{\"a\":{\"c\":1},\"a\":{\"b\":2}}", "{\"a\":[[1]],\"a\":[[{\"b\":2}]]}",
             "{\"a.b\":1,\"a[0]\":2,\" a\":3,\"a \":4,\"\":5,\"*\":6,\"é\":7,\"日\":8,\"😀\":9,\"$\":10,\"0\":11,\"A\":12,\"a b\":13,\"'a'\":14,\"\\\"a\\\"\":15,\"a'\":16,\"a*\":17,\"a]\":18,\"b\\\\\":19}", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":[[],[]]}", "[[],[]]", "[{\"a\":[]},{\"a\":[[]]}]",
             "{\"a\":{\"b\":[{\"b\":1}]},\"b\":2}"]
TEXTS = ["{\"a\" : 1 }", " {\"a\":1}", "{\"a\":1} ", "{\"a\":1} x", "{\"a\":1}}", "{\"a\":1}{\"a\":2}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{'a':'x'}", "{'a':'it\\'s'}", "{\"a\":\"it\\'s\"}", "{\"a\":'x\"y'}", "{\"a\":\"x'y\"}",
         "{\"a\":'x}", "{\"a\":\"x}", "[1,2", "[1,,2]", "[1,]", "[,1]", "[1 2]", "[1]]", "]", "}", "[}", "{]", "{\"a\":[1}}", ":", ",", "tru", "true", "truex", "true,", "true x", "TRUE", "True", "nul", "null", "nullx", "false", "NaN", "Infinity", "-Infinity", "-INF", "undefined", "\"abc", "\"abc\"x", "'abc'",
         "\"\"", "''", "\"a\\\"b\"", "\"a\\nb\\tc\\rd\\be\\ff\\/g\\\\h\"", "\"\\u00e9\\u65e5\\ud83d\\ude00\"", "\"\\u0000\\u001f\\u007f\\u2028\"", "\"\\ud83d\"", "[\"\\ud83d\\ude00\",\"😀\"]", "[\"\\ude00\"]", "[{\"\\ud83d\":\"\\ud83d\"}]", "{\"a\":[\"😀\",1]}", "{\"a\":{\"😀\":\"\\ude00\\ude00\"}}", "[\"\\ud83d\",1]", "[[\"😀\"],[\"\\ud83d\\ud83d\"]]", "\"\\ude00\"", "\"\\ud83dx\"", "\"\\ud83d\\ud83d\\ude00\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\U0041\"", "\"\\x41\"", "\"\\a\"", "\"a\nb\tc\"", "\"\u0001\u001f\u007f\"",
         "{\"a\":\"\\ud83d\"}", "{\"\\u0061\":1}", "{\"a\":\"\\u0022\\u005c\"}", "[\"\\u00e9\\u0001\\n\\\"\\\\\\/\"]", "[\"a\nb\tc\u0001\"]", "{\"\\n\\\"\":\"\\n\"}", "{'\\'':1}", "{'\"':1}", "{\"a\\nb\":[\"\\u001F\"]}",
         "0", "-0", "1", "-1", "01", "-01", "00", "+1", "-", "--1", ".5", "1.", "1.5", "-1.50", "1.0", "-0.0", "1e5", "1E5", "1e+5", "1e-5", "1e", "1e+", "1.e5", "1.5e300", "1e400", "-1e400", "1e-400", "1.7976931348623157e308", "5e-324", "0.1", "0.10", "100.0", "1e7", "1e6", "123456789.123", "0.001", "0.0001",
         "12345678901234567890", "-9223372036854775808", "9223372036854775808", "2147483648", "123456789012345678901234567890.5", "0x10", "1_000", "1f", "1d", "1L", "1 2", "1,2", "1]", "1}", "1\"", "1/*c*/", "/*c*/1", "//c\n1", "#c\n1", "1 //c", "1\t", "1\u00a0", "\u00a01", "\ufeff1", "\ufeff{\"a\":1}", "\t\r\n1", "\u000b1", "\u000c1", "1\u0000",
         "[0]", "[-0]", "[01]", "[1.]", "[.5]", "[1.0,1.50,-0.0,1e5,1E400,12345678901234567890,-0,100.0,1e7,0.0001]", "[1e]", "[1a]", "[truex]", "[true]", "[true,false,null]", "[ 1 , 2 ]", "{\"a\" : [ 1 , { \"b\" : null } ] , \"c\":{ }}", "[+1]", "[NaN]", "[- 1]", "[1.5.2]", "[1e5e5]", "[--1]", "[0.]", "[1 .5]", "{\"a\":01}", "{\"a\":1.}",
         "{1:2}", "{null:1}", "{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":tru}", "{\"b\":tru,\"a\":1}", "{\"a\":1,\"b\":tru}", "{\"a\":1,\"b\":\"\\x\"}", "{\"a\":1,\"b\":01}", "{\"a\":1,\"b\":1e999}", "[1,{\"x\":1e400}]", "{\"a\":\"x\",\"b\":\"\\ud83d\"}", "{\"b\":\"\\ud83d\",\"a\":1}",
         "{\"a\":\"" + "é" * 300 + "\"}"]


# What lies about the limits of the parser; too long to be asked of every path.
LONG = ["1" * 1000, "1" * 1001, "[" + "1" * 1001 + "]", "-" + "1" * 1000, "1." + "1" * 999, "1." + "1" * 1000, "1." + "1" * 1001, "0." + "1" * 1000, "0." + "1" * 1001, "[1." + "1" * 999 + "]", "[1." + "1" * 1000 + "]", "[0." + "1" * 999 + "]",
        "[0." + "1" * 1000 + "]", "[0." + "1" * 1001 + "]", "[-0." + "1" * 1000 + "]", "[1e" + "0" * 999 + "]", "[1e" + "0" * 1000 + "]", "[0e" + "0" * 1000 + "]", "[0e" + "0" * 1001 + "]", "1e" + "0" * 1001, "1e" + "0" * 1000, "[0.1e" + "0" * 998 + "]", "[0.1e" + "0" * 999 + "]",
        "0.1e" + "0" * 999, "1.1e" + "0" * 998, "1.1e" + "0" * 999, "[1.1e" + "0" * 999 + "]", "[" * 1000 + "]" * 1000, "[" * 1001 + "]" * 1001, "[" * 1500, "{\"a\":1,\"b\":" + "[" * 999 + "]" * 1000, "{\"a\":1,\"b\":" + "[" * 999 + "]" * 999 + "}", "{\"a\":1,\"b\":" + "[" * 1000 + "]" * 1000 + "}"]


def written(value, rng):
    """A value as JSON, sometimes spelled another way."""
    if isinstance(value, dict):
        return "{" + rng.choice([",", " , "]).join("%s%s%s" % (written(k, rng), rng.choice([":", " : "]), written(v, rng)) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + rng.choice([",", ", "]).join(written(v, rng) for v in value) + "]"
    return json.dumps(value, ensure_ascii=rng.random() < 0.3)


def random_value(rng, depth):
    kind = rng.randint(0, 9 if depth else 5)
    if kind <= 5:
        return rng.choice([None, True, False, 0, 7, -3, 1.5, "", "x", "é\"\n", "2024-02-29", 10**20, 0.25])
    if kind <= 7:
        return [random_value(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return {k: random_value(rng, depth - 1) for k in rng.sample(["a", "b", "c d", "é"], rng.randint(0, 3))}


def random_path(rng):
    return "$" + "".join(rng.choice([".a", ".b", "['a']", "['c d']", ".é", "[0]", "[1]", "[*]", "[*]", ".c d"]) for _ in range(rng.randint(0, 4)))


def all_cases():
    yield "get_json_object(j, p)", COLUMNS, [[STORE, p] for p in STORE_PATHS]
    for p in STORE_PATHS:
        yield "get_json_object(j, '%s')" % p.replace("'", "\\'"), [["j", "string"]], [[STORE]]
    short = [d for d in DOCUMENTS if d is not None and len(d) > 2]
    yield "get_json_object(j, p)", COLUMNS, [[d, p] for p in PATHS for d in ([None, "{\"a\":[{\"b\":1},[{\"b\":2}]],\"é\":7}"] if p is None else short)]
    for p in ("$", "$.a", "$[0]", "$[*]", "$.a[*].b", "$[*].a", "$['a']"):
        yield "get_json_object(j, '%s')" % p.replace("'", "\\'"), [["j", "string"]], [[d] for d in DOCUMENTS]
    for p in ("$", "$.a", "$[*]", "$[0]"):
        yield "get_json_object(j, '%s')" % p, [["j", "string"]], [[t] for t in TEXTS]
    for p in ("$[*][*]", "$.a[*]"):
        yield "get_json_object(j, '%s')" % p, [["j", "string"]], [[t] for t in TEXTS if "ud83d" in t or "😀" in t]
    for p in ("$", "$.a"):
        yield "get_json_object(j, '%s')" % p, [["j", "string"]], [[t] for t in LONG]
    for n in ("99999999999999999999", "9223372036854775808", "00000000000000000000000000001"):
        yield "get_json_object(j, '$[%s]')" % n, [["j", "string"]], [["[1,2]"], ["{}"], [None], ["x"]]
        yield "get_json_object(j, p)", COLUMNS, [["[1,2]", "$[%s]" % n], ["{}", "$[%s" % n], [None, "$[%s]" % n]]
    for sql in ("get_json_object(j)", "get_json_object()", "get_json_object(j, '$', 1)", "get_json_object(NULL, '$')", "get_json_object(j, NULL)", "get_json_object(NULL, NULL)", "get_json_object('{\"a\":1}', '$.a')", "get_json_object('{\"a\":1}', '$.' || 'a')", "CAST(get_json_object(j, '$.a') AS INT)",
                "get_json_object(j, '$.a') = '1'", "get_json_object(j, '$.a') + 1", "get_json_object(get_json_object(j, '$.b'), '$.c')", "coalesce(get_json_object(j, '$.z'), 'none')", "get_json_object(j, j)", "get_json_object(1, '$')", "get_json_object(1.50, '$')", "get_json_object(true, '$')", "get_json_object(X'31', '$')",
                "get_json_object(DATE '2024-02-29', '$')", "get_json_object(array(1), '$')", "get_json_object(struct(1), '$')", "get_json_object(j, 1)", "get_json_object(j, array('$'))", "GET_JSON_OBJECT(j, \"$.a\")", "get_json_object(j, '$.a') IS NULL", "char_length(get_json_object(j, '$.b'))"):
        yield sql, [["j", "string"]], [["{\"a\":1,\"b\":{\"c\":\"x\"}}"], [None], ["{\"a\":\"7\",\"b\":\"{'c':2}\"}"]]
    for type_ in TYPES:
        yield "get_json_object(a, '$')", [["a", type_]], [[v] for v in FEW[type_]]
    for hexed in ("22ff22", "22c3a922", "22c322", "22e28222", "22e282ac22", "22f09f9822", "22f09f22", "22eda08022", "22c08022", "22f4908080225d", "7b22ff223a317d", "5b22ff222c22c3225d", "22e0808022", "2280802280", "ff", "2241", "22f5808022"):
        yield "get_json_object(CAST(X'%s' AS STRING), '$')" % hexed, [["i", "int"]], [[1]]
    rng = random.Random(20261126)
    values = [random_value(rng, 4) for _ in range(150)]
    yield "get_json_object(j, p)", COLUMNS, [[written(v, rng), random_path(rng)] for v in values for _ in range(6)]
    broken = []
    for v in values[:100]:
        text = written(v, rng)
        for _ in range(3):
            i = rng.randint(0, len(text))
            broken.append([rng.choice([text[:i], text[:i] + text[i + 1 :], text[:i] + rng.choice("[]{},:\"'\\ 0x-.e") + text[i:]]), random_path(rng) if rng.random() < 0.7 else "$"])
    yield "get_json_object(j, p)", COLUMNS, broken
