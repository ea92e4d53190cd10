package partition

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// EncodePath is the path of the log for an object of the given name, relative
// to the table: a URI reference that DecodePath turns back into name.
//
// ASCII stays only where every engine takes it: letters, digits and
// -_.!~*'()/=+&$,;@ . Letters beyond ASCII stay as UTF-8, as Spark leaves
// them; spaces and control characters beyond ASCII, which java.net.URI
// refuses, and bytes that are not UTF-8 are encoded.
func EncodePath(objectName string) string {
	dst := make([]byte, 0, len(objectName)+len(objectName)/8)
	for i := 0; i < len(objectName); {
		r, size := utf8.DecodeRuneInString(objectName[i:])
		if r == utf8.RuneError && size == 1 || !unencoded(r) {
			for _, c := range []byte(objectName[i : i+size]) {
				dst = appendPercent(dst, c)
			}
		} else {
			dst = append(dst, objectName[i:i+size]...)
		}
		i += size
	}
	return string(dst)
}

// unencoded says whether r stands for itself in a path of the log.
func unencoded(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	case r < 0x80:
		return strings.IndexByte("-_.!~*'()/=+&$,;@", byte(r)) >= 0
	default:
		return !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Z, r)
	}
}

// ErrPath is the cause of every error of [DecodePath].
var ErrPath = errors.New("bad file path")

// DecodePath resolves a path of the log.
//
// A relative path is percent-decoded exactly once: name is that of the object,
// below the table's root. It never has an empty, "." or ".." segment, whether
// segments are split by slashes or, as on Windows, by backslashes.
//
// A path that begins with a slash or has a scheme is absolute: a file outside
// the table, or the table's own by its full address. Then name is the decoded
// URI with its scheme, and whether to open it is the caller's to decide.
//
// Characters that a URI should have encoded (a space, #, ?) are taken as
// themselves. A bad escape, a NUL and a name that leaves its root are errors
// that wrap [ErrPath].
func DecodePath(path string) (name string, absolute bool, err error) {
	absolute = hasScheme(path) || strings.HasPrefix(path, "/")
	name, problem := unescape(path)
	if problem == "" {
		problem = checkName(name, absolute)
	}
	if problem != "" {
		return "", absolute, fmt.Errorf("%w %.200q: %s", ErrPath, path, problem)
	}
	return name, absolute, nil
}

// hasScheme says whether path begins with a URI scheme (RFC 3986, 3.1).
func hasScheme(path string) bool {
	for i := range len(path) {
		c := path[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		switch {
		case letter:
		case c == ':':
			return i > 0
		case i == 0, !('0' <= c && c <= '9') && c != '+' && c != '-' && c != '.':
			return false
		}
	}
	return false
}

// unescape decodes %XX once.
func unescape(s string) (decoded, problem string) {
	if strings.IndexByte(s, '%') < 0 {
		return s, ""
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", "an escape is cut off"
			}
			hi, ok1 := fromHex(s[i+1])
			lo, ok2 := fromHex(s[i+2])
			if !ok1 || !ok2 {
				return "", fmt.Sprintf("%q is no escape", s[i:i+3])
			}
			c = hi<<4 | lo
			i += 2
		}
		out = append(out, c)
	}
	return string(out), ""
}

func fromHex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	default:
		return 0, false
	}
}

// checkName says what is wrong with a decoded name; empty: nothing.
func checkName(name string, absolute bool) string {
	if strings.IndexByte(name, 0) >= 0 {
		return "it holds a NUL"
	}
	isSeparator := func(r rune) bool { return r == '/' || r == '\\' }
	for rest, more := name, true; more; {
		segment := rest
		i := strings.IndexFunc(rest, isSeparator)
		if more = i >= 0; more {
			segment, rest = rest[:i], rest[i+1:]
		}
		switch {
		case segment == "." || segment == "..":
			return "it holds the segment " + segment
		case segment == "" && !absolute:
			return "it holds an empty segment"
		}
	}
	return ""
}
