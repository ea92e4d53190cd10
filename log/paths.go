package log

import (
	"fmt"
	"math"
	"strings"
)

// Dir is where a table keeps its log. Names in this package are relative to
// the table, as the store has them.
const Dir = "_delta_log/"

// HintName names the object that says where the newest checkpoint is.
const HintName = Dir + "_last_checkpoint"

// SidecarDir is where V2 checkpoints keep their sidecar files.
const SidecarDir = Dir + "_sidecars/"

// Kind is what a file of the log is.
type Kind uint8

// The kinds of files that versions are made of.
const (
	Commit              Kind = iota + 1 // N.json
	VersionChecksum                     // N.crc
	ClassicCheckpoint                   // N.checkpoint.parquet; its content may be V2
	MultipartCheckpoint                 // N.checkpoint.part.parts.parquet
	UUIDCheckpoint                      // N.checkpoint.uuid.parquet or .json; V2
	Compacted                           // N.M.compacted.json
)

// String is the kind in words.
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case VersionChecksum:
		return "checksum"
	case ClassicCheckpoint:
		return "checkpoint"
	case MultipartCheckpoint:
		return "multi-part checkpoint"
	case UUIDCheckpoint:
		return "V2 checkpoint"
	case Compacted:
		return "compacted log"
	default:
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
}

// Name is what the name of a log file says.
type Name struct {
	Kind    Kind
	Version Version // of a compacted log, the first
	Hi      Version // of a compacted log, the last; otherwise Version
	Part    int     // of a multi-part checkpoint, from 1
	Parts   int     // of a multi-part checkpoint
	UUID    string  // of a UUID checkpoint
	JSON    bool    // a UUID checkpoint whose main file is JSON
}

// CommitName is the name of commit v, which is not negative.
func CommitName(v Version) string { return fmt.Sprintf(Dir+"%020d.json", v) }

// ChecksumName is the name of the checksum of version v.
func ChecksumName(v Version) string { return fmt.Sprintf(Dir+"%020d.crc", v) }

// CheckpointName is the name of the classic checkpoint of version v.
func CheckpointName(v Version) string { return fmt.Sprintf(Dir+"%020d.checkpoint.parquet", v) }

// MultipartCheckpointName is the name of one of the parts, counted from 1, of
// a checkpoint of version v.
func MultipartCheckpointName(v Version, part, parts int) string {
	return fmt.Sprintf(Dir+"%020d.checkpoint.%010d.%010d.parquet", v, part, parts)
}

// UUIDCheckpointName is the name of the V2 checkpoint of version v with that
// id; ext is "parquet" or "json".
func UUIDCheckpointName(v Version, uuid, ext string) string {
	return fmt.Sprintf(Dir+"%020d.checkpoint.%s.%s", v, uuid, ext)
}

// CompactedName is the name of the log that stands for commits lo to hi.
func CompactedName(lo, hi Version) string {
	return fmt.Sprintf(Dir+"%020d.%020d.compacted.json", lo, hi)
}

// ParseName says what a file under [Dir] is. It reports false for everything
// that no version is made of: temporary and hidden files, the hint, folders,
// names whose version is not exactly 20 digits or exceeds 63 bits.
func ParseName(name string) (Name, bool) {
	rest, ok := strings.CutPrefix(name, Dir)
	if !ok {
		return Name{}, false
	}
	v, rest, ok := cutNumber(rest, 20)
	if !ok {
		return Name{}, false
	}
	n := Name{Version: Version(v), Hi: Version(v)}
	switch rest {
	case ".json":
		n.Kind = Commit
		return n, true
	case ".crc":
		n.Kind = VersionChecksum
		return n, true
	case ".checkpoint.parquet":
		n.Kind = ClassicCheckpoint
		return n, true
	}
	if id, ok := strings.CutPrefix(rest, ".checkpoint."); ok {
		return parseCheckpoint(n, id)
	}
	return parseCompacted(n, rest)
}

// parseCheckpoint reads what follows ".checkpoint.": part.parts.parquet or
// uuid.parquet or uuid.json.
func parseCheckpoint(n Name, rest string) (Name, bool) {
	if part, r, ok := cutNumber(rest, 10); ok && strings.HasPrefix(r, ".") {
		parts, ext, ok := cutNumber(r[1:], 10)
		if !ok || ext != ".parquet" || part < 1 || part > parts || parts > math.MaxInt32 {
			return Name{}, false
		}
		n.Kind, n.Part, n.Parts = MultipartCheckpoint, int(part), int(parts)
		return n, true
	}
	const uuidLen = 36
	if len(rest) <= uuidLen || !isUUID(rest[:uuidLen]) {
		return Name{}, false
	}
	ext := rest[uuidLen:]
	n.Kind, n.UUID, n.JSON = UUIDCheckpoint, rest[:uuidLen], ext == ".json"
	return n, n.JSON || ext == ".parquet"
}

// parseCompacted reads what follows the first version: .hi.compacted.json.
func parseCompacted(n Name, rest string) (Name, bool) {
	if !strings.HasPrefix(rest, ".") {
		return Name{}, false
	}
	hi, ext, ok := cutNumber(rest[1:], 20)
	if !ok || ext != ".compacted.json" || Version(hi) <= n.Version {
		return Name{}, false
	}
	n.Kind, n.Hi = Compacted, Version(hi)
	return n, true
}

// cutNumber takes exactly that many decimal digits off the front of s. The
// number must fit 63 bits.
func cutNumber(s string, digits int) (n int64, rest string, ok bool) {
	if len(s) < digits {
		return 0, "", false
	}
	for _, c := range []byte(s[:digits]) {
		if c < '0' || c > '9' {
			return 0, "", false
		}
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			return 0, "", false
		}
		n = n*10 + d
	}
	return n, s[digits:], true
}

// isUUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		if dash && c != '-' || !dash && !hex {
			return false
		}
	}
	return true
}
