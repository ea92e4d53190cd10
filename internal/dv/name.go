package dv

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/foreset/foreset/log"
)

// The values of a descriptor's storageType.
const (
	typeUUID   = "u" // a file of the table, named by a UUID
	typeInline = "i" // the descriptor itself
	typeURI    = "p" // a file anywhere
)

// uuidText is how many characters of Z85 the 16 bytes of a UUID are.
const uuidText = 20

// FileName is the object, relative to the table, in which the vector of a
// descriptor of type u lies. The text before the UUID is a folder, taken as it
// stands: unlike the path of a data file it has no escapes. One that leaves
// the table is [log.ErrExternalPath].
func FileName(d *log.DeletionVector) (string, error) {
	if d.StorageType != typeUUID {
		return "", fmt.Errorf("deletion vector of type %q has no file in the table", d.StorageType)
	}
	cut := len(d.PathOrInlineDV) - uuidText
	if cut < 0 {
		return "", fmt.Errorf("%q is too short for a UUID in Z85", d.PathOrInlineDV)
	}
	id, err := decodeZ85(d.PathOrInlineDV[cut:])
	if err != nil {
		return "", err
	}
	name := "deletion_vector_" + uuid.UUID(id).String() + ".bin"
	if folder := d.PathOrInlineDV[:cut]; folder != "" {
		name = folder + "/" + name
	}
	return log.DecodePath(strings.ReplaceAll(name, "%", "%25"))
}

// UUIDText is the pathOrInlineDv, and the name of the file to write, of a
// vector of type u in a folder of the table; "" is the table's own.
func UUIDText(folder string, id uuid.UUID) (text, name string, err error) {
	text = folder + encodeZ85(id[:])
	name, err = FileName(&log.DeletionVector{StorageType: typeUUID, PathOrInlineDV: text})
	return text, name, err
}

// InlineText is the pathOrInlineDv of a vector of type i with the body.
func InlineText(body []byte) string { return encodeZ85(body) }

// inlineBody is the body of a vector of type i.
func inlineBody(d *log.DeletionVector) ([]byte, error) {
	if d.Offset != nil {
		return nil, errors.New("inline deletion vector has an offset")
	}
	data, err := decodeZ85(d.PathOrInlineDV)
	if err != nil {
		return nil, err
	}
	if size := int(d.SizeInBytes); (size+3)/4*4 != len(data) {
		return nil, fmt.Errorf("inline deletion vector has %d bytes, and sizeInBytes is %d", len(data), size)
	}
	return data[:d.SizeInBytes], nil
}
