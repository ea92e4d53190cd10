"""Regular expressions, as Java has them: families of (sql, columns, rows)."""

from cases import FEW, column
from text import quoted

S = [["s", "string"]]
TEXTS = [None, "", "a", "b", "aa", "ab", "abc", "ABC", "aXbXc", "abab", "a1b22c333", "foo bar  baz", "foo.bar", "x\ny", "x\n", "x\r\n", "\n",
    "a\nb\nc", "x\r", "x\u2028", "x\u0085", "a\r\nb", "été", "É",
         "日本", "e\u0301", "_w_", "-5", "3.14", "user@host.org", "[a]", "a+b", "\\", "\t", "\u00a0", "ſK", "ß", "١", "\u000b\f", "tel: 555-1234",
             "$1", "aab{2}"]
# Characters of two units. Java finds an empty match between those, and Spark makes a question mark of each.
WIDE = ["😀", "a😀b"]
# Patterns that work everywhere.
PATTERNS = r'''
    a;;b+;;a*;;;;.;;..;;^;;$;;^$;;^a;;c$;;x$;;^x$;;a.c;;a.b;;[abc];;[^abc];;[a-c]+;;[^a-z]+;;\d;;\d+;;\D+;;\w+;;\W+;;\s;;\s+;;\S+;;\bfoo\b;;\ba;;
    b\b;;oo\B;;\h;;\H;;\v;;\V;;\R;;a|b;;a|ab;;ab|a;;(a)(b)?;;(a|b)+;;(ab)*;;(a*)*;;(a*)+;;(a|b*)*;;(?:ab)+;;
    a{2};;a{1,};;a{0};;a{1,2};;a{2}{3};;(a{2}){1};;a?;;a??;;a*?b;;a+?;;a{1,2}?;;(a+?)(a*);;x*;;^x*$;;(?i)abc;;(?i)É;;(?iu)É;;(?iu)k;;(?iu)s;;(?i)s;;
    (?iu)ß;;a(?i)B;;a(?i:B)c;;(?i)a(?-i)B;;(?s)x.y;;x.y;;(?s).;;(?m)^b$;;(?m)^;;(?m)$;;(?m)y$;;(?m)^x;;(?d)x.y;;(?d)x$;;(?dm)a$;;(?d).;;
    (?x) a b ;;(?x)a #c;;(?x)[a b];;(?U)\w+;;(?U)\d;;(?U)\s;;(?U)\p{Alpha}+;;\x61;;\x{61};;\x{1F600};;\u0061;;\uD83D\uDE00;;\061;;\0141;;\cA;;\t;;
    \n;;\r;;\f;;\e;;\a;;\.;;\$;;\^;;\\;;\[;;\];;\{;;\};;\-;;\_;;\@;;\é;;\Qa.b\E;;\Qa+b;;\Q[a]\E+;;x\Qy\E;;[\Q^]\E];;\Q\E;;\Q1\E;;
    \p{L};;\p{Lu};;\p{Ll}+;;\pL;;\PL;;\p{L}+;;\P{L};;\p{N};;\p{Nd};;\p{IsAlphabetic};;\p{IsLatin};;\p{IsHan};;\p{Alpha};;\p{Alnum}+;;\p{Digit};;
    \p{Lower};;\p{Upper};;\p{Punct};;\p{Space};;\p{Blank};;\p{Cntrl};;\p{Graph};;\p{Print};;\p{XDigit};;\p{ASCII};;\P{ASCII};;\p{IsUppercase};;
    \p{javaLowerCase};;
    \p{sc=Greek};;\p{script=Han};;\p{gc=Lu};;\p{general_category=Nd};;\p{LC};;\p{L1};;\p{IsWhite_Space};;\p{IsPunctuation};;\p{IsDigit};;\p{Sc};;
    \p{So};;\p{M};;\p{Mn};;\p{Z};;\p{Zs};;\p{P};;\p{S};;(?i)\p{Lower};;(?i)\p{Lu};;(?i)\p{javaUpperCase};;(?i)\p{IsLowercase};;
    [a-z&&[^b]];;[a-z&&b-c];;[a-c[x-z]];;[^a[b]];;[^a-c&&b];;[a&&b];;[\w&&[^\d]]+;;[^\w\s];;[\d.]+;;[.];;[$^];;[a^];;[a-];;[-a];;[a\-c];;[]a];;
    [^]a];;[\]];;[\[\]];;[&];;[a&b];;[a&&a-c];;[\n];;[\t\x0B];;[\p{L}&&[^a]];;[\P{L}];;[\h];;[\v];;[(];;[|];;[*+?];;[\x61-\x63];;[😀];;[😀-😂];;[é-ê];;
    (?i)[a-c]+;;(?i)[^b];;(?iu)[é];;(?iu)[à-ö];;(?i)[É];;[a-b-c];;[\\];;[ab&&];;
    (?<n>a)(?<m>b);;(?<n1>a);;\A;;\Aa;;\z;;a\z;;x\z;;\Z;;x\Z;;x$\n;;x$$;;x\n$;;$\n;;(x$)|(y);;^*a;;$*;;(^|,)a;;a(b|$);;(a$|^b);;
    (\d+)-(\d+);;(\w+)@(\w+)\.org;;^(\w+)\s+(\w+);;([a-z])([a-z]);;((a)|(b))+;;(a)|(b);;(a)?b;;(a)?(b)?;;(|a)+;;(a|)+;;()a;;(a)(?:b)(c);;
    ((a)(b(c)));;(.*)X(.*);;(.*?)X(.*);;(.+)b;;^.*$;;^.+$;;.*;;.*?;;.+;;\s*;;a]b;;a};;x{0}y;;{2};;(?:);;a||b;;|a;;(?i);;(?);;(?-);;(?i-i:a);;(?=;;
    \$1;;\d{3}-\d{4};;[0-9]{1,3}\.[0-9]+;;^[^@]+@[^@]+$;;^\s*$;;(foo|bar)\s;;[aeiou];;(?i)FOO;;o{2};;^.{3}$;;^(?:a|b|ab)$;;^(?:ab|a|b)*$
'''
# What Java refuses.
BROKEN = r'''(;;);;a);;(a;;[;;[a;;[^;;[a-;;[b-a];;*;;+a;;?;;a**;;a+*;;a{;;a{x};;a{,2};;a{2;;a{3,2};;a{99999999999};;\;;\x;;\xg;;\x{110000};;\x{};;
    \u12;;\0;;\08;;\c;;\p;;\p{;;\p{Foo};;\p{IsFoo};;\p{InFoo};;\pX;;\i;;\y;;\E;;[\b];;[\A];;[\R];;[a-\d];;(?z);;(?<;;(?<1a>a);;(?<a;;
    (?<a>x)(?<a>y);;[&&];;[[a];;
    (?i;;(?i:a;;[a&&;;\Q\E\E;;\p{sc=Foo};;\p{foo=Lu};;\8;;[\1];;\k;;\k{a};;\N;;\C;;(?^a);;(?a;;\p{};;[\p{Foo}];;[\q];;(?i)*'''

def listed(text):
    return [p.strip("\n ") if p.strip() else "" for p in text.replace("\n   ", "").split(";;")]


def patterns():
    for pattern in listed(PATTERNS):
        yield "regexp_replace(s, %s, '<$0>')" % quoted(pattern), S, column(TEXTS)
        yield "s RLIKE %s" % quoted(pattern), S, column(WIDE)
    for pattern in (".", "[^a]", "\\W", "\\S+", "\\P{L}", "a.b", "😀", "[😀]", "[😀-😂]", "b", "x*"):
        yield "regexp_replace(s, %s, '<$0>')" % quoted(pattern.replace("\\\\", "\\")), S, column(WIDE)
    yield "regexp_replace(s, '\\\\bt', '<$0>')", S, column(["été", "at", "t"])
    for pattern in ("(a*)+", "(a{0,2})+", "(a|b*)*", "(a|ab)(c|bcd)(d*)", "(a)|b", "((a)|b)*", "(a)*b?", "((a*)b?)*"):
        yield "regexp_replace(s, '%s', '<$1>')" % pattern, S, column(["", "aa", "ab", "abcd", "ba"])
    for pattern in listed(BROKEN):
        yield "s RLIKE %s" % quoted(pattern), S, column([None, "", "a"])


def functions():
    few = [None, "", "a", "ab", "abc", "aXbXc", "a1b22c333", "x\n", "été", "日"]
    for pattern in ("b", "^a", "[a-c]+", "(a)(b)?", "x$", "x", "é", "", "\\d+", ".", "^$", "a|b", "NULL"):
        p = "NULL" if pattern == "NULL" else quoted(pattern)
        for sql in ("s RLIKE %s", "rlike(s, %s)", "regexp(s, %s)", "regexp_like(s, %s)", "s REGEXP %s", "s NOT RLIKE %s",
            "regexp_extract(s, %s, 0)", "regexp_substr(s, %s)", "regexp_count(s, %s)", "regexp_instr(s, %s)",
                    "regexp_replace(s, %s, '')", "regexp_replace(s, %s, 'z', 2)"):
            yield sql % p, S, column(few)
    columns = [["s", "string"], ["p", "string"], ["i", "int"], ["r", "string"]]
    rows = [["abc", "(a)(b)", 0, "$1"], ["abc", "(a)(b)", 1, "$2$1"], ["abc", "(a)(b)", 2, "$0$0"], ["abc", "(a)(b)", 3, "$3"], ["abc",
        "(a)(b)", -1, "\\$1"], ["abc", "(a)(z)?", 2, "[$2]"], ["abc", "x", 5, "$9"], ["abc", "(", 0, "x"],
            [None, "(", 0, "x"], ["abc", None, 0, "x"], ["abc", "a", None, "x"], ["abc", "a", 0, None], ["abc", "(?<n>b)", 1, "${n}"], ["abc",
                "(?<n>b)", 1, "${m}"], ["abc", "b", 0, "$"], ["abc", "b", 0, "\\"], ["abc", "b", 0, "${"],
            ["abc", "b", 0, "$x"], ["abc", "b", 1, "a\\b"], ["abc", "z", 1, "$"], ["abcabc", "(b)", 1, "$11"], ["abc",
                "(a)(b)(c)", 3, "$3$2$1$10"], ["", "", 0, "e"], ["aaa", "a?", 0, "-"], ["日本", "", 0, "-"], ["abc", "b", 0, "${}"],
            ["abc", "b", 0, "${1}"], ["abc", "(b)", 1, "$01"], ["abc", "(b)", 1, "$1x"], ["a.c", "\\.", 0, "\\\\"], ["abc", "b", 2**31 - 1, "é😀"]]
    for sql in ("s RLIKE p", "regexp_extract(s, p)", "regexp_extract(s, p, i)", "regexp_replace(s, p, r)", "regexp_replace(s, p, r, 1)",
        "regexp_replace(s, p, r, 2)", "regexp_count(s, p)", "regexp_instr(s, p)", "regexp_instr(s, p, i)",
                "regexp_substr(s, p)", "regexp_replace('abcabc', p, '-')", "regexp_replace(s, 'b', r)", "regexp_replace(s, '(b)', r)",
                    "regexp_extract(s, '(a)(b)?(z)?', i)", "regexp_extract('abc', '(b)(c)', i)", "NOT s RLIKE p",
                "regexp_like(s, p) OR s = 'x'"):
        yield sql, columns, rows
    for sql in ("regexp_replace(s, 'b', 'x', 0)", "regexp_replace(s, 'b', 'x', -1)", "regexp_replace(s, 'b', 'x', NULL)",
        "regexp_replace(s, 'b', 'x', i)", "regexp_replace(s, 'b', 'x', '2')", "regexp_replace(s, 'b', 'x', 1 + 1)",
                "regexp_replace(s, '^', 'x', 2)", "regexp_replace(s, '.', 'x', 3)", "regexp_replace(s, '.', 'x', 4)",
                    "regexp_replace(s, '$', 'x', 4)", "regexp_replace(s, '\\\\b', 'x', 2)", "regexp_replace('a😀b', '.', 'x', 4)",
                "regexp_replace('a😀b', '.', 'x', 2)", "regexp_replace(s, 'b')", "regexp_replace(s, 'b', 'c', 1, 2)", "regexp_replace(s, 'b', 1)",
                    "regexp_replace(12321, 2, 9)", "regexp_extract(s)", "regexp_extract(s, 'b', 'x')",
                "regexp_extract(12321, '2(.)', '1')", "regexp_extract(s, '(b)', 1L)", "regexp_extract(s, '(b)', 1.5)",
                    "regexp_extract(s, '(b)', true)", "regexp_extract(s, '(b)', NULL)", "rlike(s)", "s RLIKE", "s RLIKE 1", "1 RLIKE '1'",
                "s RLIKE 'a' OR s RLIKE 'x'", "s RLIKE ('a')", "s RLIKE 'a' || 'b'", "s RLIKE 'a' = true", "NOT s RLIKE 'a'", "NOT rlike(s, 'a')",
                    "regexp_count(s)", "regexp_instr(s, 'b', 7)", "regexp_instr(s, 'b', NULL)", "regexp_instr('a😀b', 'b')",
                "regexp_instr(s, 'b', 1, 2)", "regexp_substr(s, '')", "regexp_substr(s, '^')", "regexp_count('aaa', 'aa')",
                    "regexp_count('abc', '')", "s RLIKE r'\\w+'", "s rlike '^a' AND s regexp 'c$'", "regexp_replace(s, '(?<x>b)', '[$' || '{x}]')",
                "regexp_replace('a.b.c', '\\\\.', '$')", "regexp_replace('a.b.c', '\\\\.', '\\\\$')", "regexp_replace('😀', 'x*', '-')",
                    "regexp_replace('日本', 'x*', '-')"):
        yield sql, columns, [["abc", "b", 1, "x"], [None, "a", 0, ""], ["bbb", "b", 2, "x"]]
    for type_ in ("int", "date", "boolean", "binary", "decimal(5,2)", "double"):
        yield "a RLIKE '[1t]'", [["a", type_]], column(FEW[type_] if type_ != "binary" else ["MQ==", None])
        yield "regexp_replace(a, '[01]', '#')", [["a", type_]], column(FEW[type_] if type_ != "binary" else ["MQ==", None])
    for type_, row in (("array<int>", [1]), ("struct<x:int>", {"x": 1})):
        yield "a RLIKE 'x'", [["a", type_]], [[row]]
        yield "regexp_extract(a, 'x', 0)", [["a", type_]], [[row]]


def all_cases():
    for family in (patterns, functions):
        for sql, columns, rows in family():
            yield sql, columns, rows
