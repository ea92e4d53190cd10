package storage

import (
	"fmt"
	"strings"
)

// CheckName says whether name can be the name of an object in every store:
// segments separated by "/", none of them empty, "." or "..", no NUL. The
// error wraps [ErrBadName]. A store may refuse more, such as the names that
// its file system cannot hold.
func CheckName(name string) error {
	if name == "" {
		return fmt.Errorf("%w: it is empty", ErrBadName)
	}
	if strings.IndexByte(name, 0) >= 0 {
		return fmt.Errorf("%w: it holds a NUL", ErrBadName)
	}
	for segment := range strings.SplitSeq(name, "/") {
		switch segment {
		case "":
			return fmt.Errorf("%w: it has an empty segment", ErrBadName)
		case ".", "..":
			return fmt.Errorf("%w: it has the segment %q", ErrBadName, segment)
		}
	}
	return nil
}

// checkPrefix says whether an object's name can begin with prefix. The last
// segment may be the beginning of one, so that it may be empty or all dots.
func checkPrefix(prefix string) error {
	folder, rest := splitName(prefix)
	if strings.IndexByte(rest, 0) >= 0 {
		return fmt.Errorf("%w: it holds a NUL", ErrBadName)
	}
	if folder == "" && !strings.HasPrefix(prefix, "/") {
		return nil
	}
	return CheckName(folder)
}

// splitName splits a name at its last "/", which belongs to neither part.
func splitName(name string) (folder, base string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return "", name
	}
	return name[:i], name[i+1:]
}
