package partition

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/foreset/foreset/internal/value"
)

// null is the name of the folder of nulls, in Hive and all that followed it.
const null = "__HIVE_DEFAULT_PARTITION__"

// Dir is the folder for the files of a partition, relative to the table and
// without a slash at the end, for example year=2024/city=__HIVE_DEFAULT_PARTITION__.
// It is empty if there are no columns; there is one value for each. Null and "" share one
// folder; what they are is in partitionValues.
//
// Characters are escaped as Hive does, and some more that Windows cannot have
// in a name. Other engines do not read folder names, so that is free.
// The result may be too long for a store: see [Storable].
func Dir(columns []string, values []value.Value) string {
	var dir []byte
	for i, name := range columns {
		if i > 0 {
			dir = append(dir, '/')
		}
		dir = appendEscaped(dir, name)
		dir = append(dir, '=')
		dir = appendValue(dir, values[i])
	}
	return string(dir)
}

func appendValue(dir []byte, v value.Value) []byte {
	text, err := v.AppendPartition(nil)
	if err != nil { // binary, or a string that is not UTF-8; Map refuses both
		text = []byte(v.Text())
	}
	if len(text) == 0 {
		return append(dir, null...)
	}
	dir = appendEscaped(dir, string(text))
	if last := dir[len(dir)-1]; last == ' ' || last == '.' { // Windows drops these
		dir = appendPercent(dir[:len(dir)-1], last)
	}
	return dir
}

// hiveEscapes holds the printable characters that Hive escapes, and < > |,
// which it escapes on Windows.
const hiveEscapes = `"#%'*/:=?\{[]^<>|`

func appendEscaped(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		invalid := r == utf8.RuneError && size == 1
		if r < 0x20 || r == 0x7F || invalid || r < 0x80 && strings.IndexByte(hiveEscapes, s[i]) >= 0 {
			dst = appendPercent(dst, s[i])
		} else {
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return dst
}

func appendPercent(dst []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	return append(dst, '%', hex[c>>4], hex[c&15])
}

const (
	dirBytesMax     = 900 // of the 1024 that S3 and GCS allow a whole key
	segmentBytesMax = 255 // of one name in the common file systems
)

// Storable says whether a folder is short enough to hold files in every store.
// For one that is not, take [Prefix].
func Storable(dir string) bool {
	if len(dir) > dirBytesMax {
		return false
	}
	for segment := range strings.SplitSeq(dir, "/") {
		if len(segment) > segmentBytesMax {
			return false
		}
	}
	return true
}

// Prefix is a random folder name of two characters, for files whose partition
// cannot or shall not be told by their name. It fails only if random does.
func Prefix(random io.Reader) (string, error) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	var b [2]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("random folder name: %w", err)
	}
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b[:]), nil
}
