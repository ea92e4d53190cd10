//go:build unix

package storage

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Without waiting for the other end of a pipe that someone laid in our folder.
// It also spares package os four calls to find out that a file needs no poller.
const (
	readFlags  = os.O_RDONLY | unix.O_NONBLOCK
	writeFlags = os.O_WRONLY | unix.O_NONBLOCK
)

func syncFile(f *os.File) error { return f.Sync() }

// syncFolder makes the entries of a folder durable. File systems that answer
// "invalid" know no such request; their entries are as durable as they get.
func syncFolder(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

// checkFileName refuses names that the file system would change. Here it
// changes none.
func checkFileName(string) error { return nil }

// entriesOf returns an open folder for reading its entries. Package os calls
// lstat on every entry of a folder opened through a Root; it does not on this
// duplicate. Both are to be closed.
func entriesOf(f *os.File) (*os.File, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	var dup int
	var failed error
	err = conn.Control(func(fd uintptr) {
		dup, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(dup), f.Name()), nil
}

// isUnusableName says whether the system refused a name as such.
func isUnusableName(err error) bool {
	return isAny(err, unix.ENAMETOOLONG, unix.EILSEQ, unix.ELOOP)
}

// isNoLinks says whether a failed link means that there are none: vfat answers
// EPERM, others ENOTSUP or ENOSYS.
func isNoLinks(err error) bool {
	return isAny(err, unix.EPERM, unix.ENOTSUP, unix.EOPNOTSUPP, unix.ENOSYS)
}

// isRefusal says whether a failed link proves that nothing was linked. What is
// not listed, first of all EIO, proves nothing.
func isRefusal(err error) bool {
	return isAny(err, unix.EACCES, unix.EDQUOT, unix.EINVAL, unix.EILSEQ, unix.ELOOP, unix.EMLINK,
		unix.ENAMETOOLONG, unix.ENOENT, unix.ENOMEM, unix.ENOSPC, unix.ENOTDIR, unix.EROFS, unix.EXDEV)
}

func isAny(err error, targets ...unix.Errno) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// statfs describes the file system of an open folder.
func statfs(folder *os.File) (unix.Statfs_t, error) {
	var stat unix.Statfs_t
	conn, err := folder.SyscallConn()
	if err != nil {
		return stat, err
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = unix.Fstatfs(int(fd), &stat)
		for failed == unix.EINTR {
			failed = unix.Fstatfs(int(fd), &stat)
		}
	})
	return stat, os.NewSyscallError("fstatfs", errors.Join(err, failed))
}
