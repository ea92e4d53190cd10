package log

import (
	"errors"
	"fmt"
	"strings"
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
// "..", decoded or not; a path that is empty, has a broken escape or decodes
// to a NUL is [ErrBadPath]. Characters that a URI should have escaped are
// taken as they are.
//
// The object's name is not the file's identity: two paths that decode to one
// name are two files to every engine (see [AddFile.Path]).
func DecodePath(path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("%w: empty", ErrBadPath)
	}
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
	for segment := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
		if segment == ".." {
			return "", fmt.Errorf("%w: %q", ErrExternalPath, path)
		}
	}
	return name, nil
}

// EncodePath is the path under which an action names an object of the table,
// in the form that all engines read: what a URI path may hold, and bytes
// beyond ASCII, as they are; every other byte as %XX.
func EncodePath(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	for i := 0; i < len(name); i++ {
		if c := name[i]; c >= 0x80 || isPathByte(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func isPathByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte("-_.!~*'()/=+&$,;@", c) >= 0
}

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
