package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

const (
	readFlags  = os.O_RDONLY
	writeFlags = os.O_WRONLY
)

func syncFile(f *os.File) error { return f.Sync() }

// syncFolder does nothing: Windows has no fsync of folders. NTFS and ReFS log
// the change of a folder before that of its later ones, so that after a crash
// of the machine the last commits may be gone, never one in the middle.
func syncFolder(*os.File) error { return nil }

// checkFileName refuses names that Windows would read as another one: devices,
// streams, other separators, dots and spaces that it drops.
func checkFileName(name string) error {
	if name == "" {
		return nil // the folder of the store
	}
	for segment := range strings.SplitSeq(name, "/") {
		control := strings.IndexFunc(segment, func(r rune) bool { return r < ' ' }) >= 0
		if control || strings.ContainsAny(segment, `<>:"|?*\`) || strings.HasSuffix(segment, ".") ||
			strings.HasSuffix(segment, " ") || !filepath.IsLocal(segment) {
			return fmt.Errorf("%w: Windows cannot hold the segment %q", ErrBadName, segment)
		}
	}
	return nil
}

// entriesOf returns an open folder for reading its entries.
func entriesOf(f *os.File) (*os.File, error) { return f, nil }

// isUnusableName says whether the system refused a name as such.
func isUnusableName(err error) bool {
	return isAny(err, windows.ERROR_INVALID_NAME, windows.ERROR_BAD_PATHNAME, windows.ERROR_FILENAME_EXCED_RANGE)
}

// isNoLinks says whether a failed link means that there are none, as on FAT.
func isNoLinks(err error) bool {
	return isAny(err, windows.ERROR_INVALID_FUNCTION, windows.ERROR_NOT_SUPPORTED, windows.ERROR_INVALID_PARAMETER)
}

// isRefusal says whether a failed link proves that nothing was linked.
func isRefusal(err error) bool {
	return isAny(err, windows.ERROR_ACCESS_DENIED, windows.ERROR_SHARING_VIOLATION, windows.ERROR_DISK_FULL,
		windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_FILE_NOT_FOUND, windows.ERROR_PATH_NOT_FOUND,
		windows.ERROR_TOO_MANY_LINKS, windows.ERROR_WRITE_PROTECT, windows.ERROR_NOT_SAME_DEVICE)
}

func isAny(err error, targets ...windows.Errno) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// fileSystem trusts NTFS and ReFS on volumes of this machine.
func fileSystem(folder *os.File) (name string, trusted bool, err error) {
	conn, err := folder.SyscallConn()
	if err != nil {
		return "", false, err
	}
	var remote bool
	var failed error
	err = conn.Control(func(fd uintptr) {
		handle := windows.Handle(fd)
		var path [windows.MAX_LONG_PATH]uint16
		n, e := windows.GetFinalPathNameByHandle(handle, &path[0], uint32(len(path)), 0)
		if e != nil || int(n) > len(path) {
			failed = errors.Join(e, windows.ERROR_FILENAME_EXCED_RANGE)
			return
		}
		remote = strings.HasPrefix(windows.UTF16ToString(path[:n]), `\\?\UNC\`)
		var fsName [windows.MAX_PATH + 1]uint16
		failed = windows.GetVolumeInformationByHandle(handle, nil, 0, nil, nil, nil, &fsName[0], uint32(len(fsName)))
		name = windows.UTF16ToString(fsName[:])
	})
	if err = errors.Join(err, failed); err != nil {
		return "", false, err
	}
	if remote {
		return name + " of another machine", false, nil
	}
	return name, name == "NTFS" || name == "ReFS", nil
}
