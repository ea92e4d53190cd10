//go:build darwin || freebsd

package storage

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystem trusts what the kernel calls local, except FUSE, whose server is
// any program.
func fileSystem(folder *os.File) (name string, trusted bool, err error) {
	stat, err := statfs(folder)
	if err != nil {
		return "", false, err
	}
	name = unix.ByteSliceToString(stat.Fstypename[:])
	local := uint64(stat.Flags)&unix.MNT_LOCAL != 0
	return name, local && !strings.Contains(strings.ToLower(name), "fuse"), nil
}
