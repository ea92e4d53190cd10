package log

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// ErrExternalPath: a path leads to a file outside of the table.
	ErrExternalPath = errors.New("path is outside of the table")
	// ErrBadPath: a path is no URI reference to a file.
	ErrBadPath = errors.New("bad path")
)

// DecodePath is the name of the object, relative to the table, that the path
// of an action leads to: percent-decoded exactly once. An absolute URI or an
// absolute path is [ErrExternalPath], and so is one that leaves the table by
// "..", decoded or not; a path that has a broken escape, or decodes to a NUL, a
// "." or an empty segment, is [ErrBadPath]. Characters that a URI should have escaped are
// taken as they are.
//
// The object's name is not the file's identity: two paths that decode to one
// name are two files to every engine (see [AddFile.Path]).
func DecodePath(path string) (string, error) {
	if strings.HasPrefix(path, "/") || hasScheme(path) {
		return "", fmt.Errorf("%w: %q", ErrExternalPath, path)
	}
	name := path
	if strings.Contains(path, "%") {
		var b strings.Builder
		b.Grow(len(path))
		for i := 0; i < len(path); i++ {
			if path[i] != '%' {
				b.WriteByte(path[i])
				continue
			}
			if i+2 >= len(path) {
				return "", fmt.Errorf("%w: %q ends within an escape", ErrBadPath, path)
			}
			hi, ok1 := unhex(path[i+1])
			lo, ok2 := unhex(path[i+2])
			if !ok1 || !ok2 {
				return "", fmt.Errorf("%w: %q is no escape, in %q", ErrBadPath, path[i:i+3], path)
			}
			b.WriteByte(hi<<4 | lo)
			i += 2
		}
		name = b.String()
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", fmt.Errorf("%w: %q has a NUL", ErrBadPath, path)
	}
	if strings.HasPrefix(name, "/") {
		return "", fmt.Errorf("%w: %q", ErrExternalPath, path)
	}
	isSeparator := func(r rune) bool { return r == '/' || r == '\\' } // on Windows both are
	for rest, more := name, true; more; {
		segment := rest
		i := strings.IndexFunc(rest, isSeparator)
		if more = i >= 0; more {
			segment, rest = rest[:i], rest[i+1:]
		}
		switch segment {
		case "..":
			return "", fmt.Errorf("%w: %q", ErrExternalPath, path)
		case "", ".":
			return "", fmt.Errorf("%w: %q has the segment %q", ErrBadPath, path, segment)
		}
	}
	return name, nil
}

// EncodePath is the path under which an action names an object of the table,
// in the form that all engines read, and that DecodePath turns back into name.
//
// ASCII stays only where every engine takes it: letters, digits and
// -_.!~*'()/=+&$,;@ . Letters beyond ASCII stay as UTF-8, as Spark leaves them;
// spaces and control characters beyond ASCII, which java.net.URI refuses, and
// bytes that are not UTF-8 are encoded as %XX.
func EncodePath(name string) string {
	var b strings.Builder
	b.Grow(len(name) + len(name)/8)
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if r == utf8.RuneError && size == 1 || !isPathRune(r) {
			for _, c := range []byte(name[i : i+size]) {
				b.WriteByte('%')
				b.WriteByte(hexDigits[c>>4])
				b.WriteByte(hexDigits[c&15])
			}
		} else {
			b.WriteString(name[i : i+size])
		}
		i += size
	}
	return b.String()
}

// isPathRune says whether r stands for itself in a path of the log.
func isPathRune(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	case r < 0x80:
		return strings.IndexByte("-_.!~*'()/=+&$,;@", byte(r)) >= 0
	default:
		return !unicode.Is(unicode.Cc, r) && !unicode.Is(unicode.Z, r)
	}
}

// IsAbsolute reports whether the path of an action is an absolute URI, which
// says by itself where the file is: a table may name files of others.
func IsAbsolute(path string) bool { return hasScheme(path) }

// hasScheme reports whether a path starts with a URI scheme and a colon.
func hasScheme(path string) bool {
	for i := 0; i < len(path); i++ {
		switch c := path[i] | 0x20; {
		case 'a' <= c && c <= 'z':
		case i > 0 && ('0' <= path[i] && path[i] <= '9' || strings.IndexByte("+-.", path[i]) >= 0):
		default:
			return i > 0 && path[i] == ':'
		}
	}
	return false
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	default:
		return 0, false
	}
}
