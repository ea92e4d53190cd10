package storage

import (
	"os"

	"golang.org/x/sys/unix"
)

// distrusted are the file systems that have other clients than this kernel, or
// whose server is any program: what link and fsync promise there is not known.
var distrusted = map[uint32]string{
	unix.NFS_SUPER_MAGIC:    "NFS",
	unix.SMB_SUPER_MAGIC:    "SMB",
	unix.SMB2_SUPER_MAGIC:   "SMB2",
	unix.CIFS_SUPER_MAGIC:   "CIFS",
	unix.FUSE_SUPER_MAGIC:   "FUSE",
	unix.V9FS_MAGIC:         "9p",
	unix.AFS_FS_MAGIC:       "AFS",
	unix.AFS_SUPER_MAGIC:    "AFS",
	unix.CEPH_SUPER_MAGIC:   "Ceph",
	unix.CODA_SUPER_MAGIC:   "Coda",
	unix.NCP_SUPER_MAGIC:    "NCP",
	unix.HOSTFS_SUPER_MAGIC: "hostfs",
	0x786f4256:              "vboxsf",
	0xbacbacbc:              "vmhgfs",
	0x0bd00bd0:              "Lustre",
	0x47504653:              "GPFS",
	0x19830326:              "BeeGFS",
	0x013111a8:              "IBRIX",
	0xaad7aaea:              "PanFS",
	0x53464846:              "wslfs",
}

func fileSystem(folder *os.File) (name string, trusted bool, err error) {
	stat, err := statfs(folder)
	if err != nil {
		return "", false, err
	}
	name, bad := distrusted[uint32(stat.Type)]
	if !bad {
		name = "a local file system"
	}
	return name, !bad, nil
}
