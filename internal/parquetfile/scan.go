package parquetfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of a footer. They are far above what any writer makes and keep what
// the decoder builds from a footer within a small multiple of its bytes.
const (
	thriftDepthMax  = 32      // a footer needs 8
	structsMax      = 4 << 20 // Thrift structs in one message
	bytesPerStruct  = 6       // a message has no more structs than one in so many bytes …
	structsFree     = 4096    // … and these
	schemaNodesMax  = 60_000  // columns and groups
	schemaDepthMax  = 128     // levels of nesting
	schemaPathBytes = 64 << 20
)

// Types of the compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

var (
	errThriftShort  = errors.New("message ends inside a value")
	errThriftDeep   = errors.New("message is nested too deep")
	errThriftCount  = errors.New("message claims more elements than it has bytes")
	errThriftMany   = errors.New("message has too many elements")
	errThriftType   = errors.New("message has a value of an unknown type")
	errThriftVarint = errors.New("message has an integer of more than 64 bits")
)

// scanner walks a message of Thrift's compact protocol without building
// anything, so that the decoder, which allocates what a count claims, only
// sees messages whose counts are true.
type scanner struct {
	buf     []byte
	pos     int
	structs int
}

// scanMessage checks a message that is one struct. field, if not nil, is
// offered each field of that struct and may consume its value.
func scanMessage(buf []byte, field func(s *scanner, id int64, typ byte) (consumed bool, err error)) error {
	s := &scanner{buf: buf}
	return s.structure(0, field)
}

// node is what the scan keeps of one element of the schema.
type node struct {
	children int64
	name     int // bytes
}

// scanFooter checks a FileMetaData message and the shape of its schema.
func scanFooter(buf []byte) error {
	const schemaField = 2
	var nodes []node
	err := scanMessage(buf, func(s *scanner, id int64, typ byte) (bool, error) {
		if id != schemaField || typ != thriftList {
			return false, nil
		}
		var err error
		nodes, err = s.schema()
		return true, err
	})
	if err != nil {
		return err
	}
	return checkTree(nodes)
}

// schema reads the list of SchemaElement.
func (s *scanner) schema() ([]node, error) {
	const nameField, childrenField = 4, 5
	elem, count, err := s.listHeader()
	if err != nil {
		return nil, err
	}
	if elem != thriftStruct {
		return nil, errThriftType
	}
	if count > schemaNodesMax {
		return nil, fmt.Errorf("schema has %d elements, more than %d", count, schemaNodesMax)
	}
	nodes := make([]node, count)
	for i := range nodes {
		n := &nodes[i]
		err := s.structure(1, func(s *scanner, id int64, typ byte) (bool, error) {
			switch {
			case id == nameField && typ == thriftBinary:
				start := s.pos
				err := s.binary()
				n.name = s.pos - start
				return true, err
			case id == childrenField && typ == thriftI32:
				v, err := s.varint()
				n.children = unzigzag(v)
				return true, err
			}
			return false, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// checkTree checks that the flattened tree is complete, not deep, and that its
// paths, which the decoder builds for every leaf, are not longer than they
// need to be.
func checkTree(nodes []node) error {
	type open struct {
		left int64 // children still to come
		path int   // bytes of the names down to here
	}
	var stack []open
	paths := 0
	for i, n := range nodes {
		if n.children < 0 || n.children > int64(len(nodes)) {
			return fmt.Errorf("schema element %d claims %d children", i, n.children)
		}
		path := n.name
		if len(stack) > 0 {
			top := &stack[len(stack)-1]
			top.left--
			path += top.path
		} else if i > 0 {
			return fmt.Errorf("schema element %d is outside the tree", i)
		}
		if n.children > 0 {
			stack = append(stack, open{n.children, path})
			if len(stack) > schemaDepthMax {
				return fmt.Errorf("schema is nested deeper than %d levels", schemaDepthMax)
			}
			continue
		}
		if paths += path; paths > schemaPathBytes {
			return fmt.Errorf("schema has column names of more than %d bytes", schemaPathBytes)
		}
		for len(stack) > 0 && stack[len(stack)-1].left == 0 {
			stack = stack[:len(stack)-1]
		}
	}
	if len(stack) > 0 {
		return errors.New("schema ends before its tree is complete")
	}
	return nil
}

func (s *scanner) structure(depth int, field func(s *scanner, id int64, typ byte) (bool, error)) error {
	if depth > thriftDepthMax {
		return errThriftDeep
	}
	if s.structs++; s.structs > min(structsMax, structsFree+len(s.buf)/bytesPerStruct) {
		return errThriftMany
	}
	var id int64
	for {
		head, err := s.byte()
		if err != nil {
			return err
		}
		typ := head & 0x0f
		if typ == thriftStop {
			return nil
		}
		if delta := int64(head >> 4); delta != 0 {
			id += delta
		} else {
			v, err := s.varint()
			if err != nil {
				return err
			}
			id = unzigzag(v)
		}
		if field != nil {
			consumed, err := field(s, id, typ)
			if err != nil {
				return err
			}
			if consumed {
				continue
			}
		}
		if typ == thriftTrue || typ == thriftFalse { // a boolean field is its header
			continue
		}
		if err := s.value(typ, depth); err != nil {
			return err
		}
	}
}

// value skips one value; depth is that of the struct around it.
func (s *scanner) value(typ byte, depth int) error {
	if depth > thriftDepthMax {
		return errThriftDeep
	}
	switch typ {
	case thriftTrue, thriftFalse, thriftByte:
		return s.skip(1)
	case thriftI16, thriftI32, thriftI64:
		_, err := s.varint()
		return err
	case thriftDouble:
		return s.skip(8)
	case thriftBinary:
		return s.binary()
	case thriftStruct:
		return s.structure(depth+1, nil)
	case thriftList, thriftSet:
		elem, count, err := s.listHeader()
		if err != nil {
			return err
		}
		for range count {
			if err := s.value(elem, depth+1); err != nil {
				return err
			}
		}
		return nil
	case thriftMap:
		return s.mapping(depth)
	default:
		return errThriftType
	}
}

func (s *scanner) mapping(depth int) error {
	count, err := s.varint()
	if err != nil || count == 0 {
		return err
	}
	if count > uint64(len(s.buf)-s.pos) {
		return errThriftCount
	}
	types, err := s.byte()
	if err != nil {
		return err
	}
	for range count {
		if err := s.value(types>>4, depth+1); err != nil {
			return err
		}
		if err := s.value(types&0x0f, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) listHeader() (elem byte, count int, err error) {
	head, err := s.byte()
	if err != nil {
		return 0, 0, err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = s.varint(); err != nil {
			return 0, 0, err
		}
	}
	if n > uint64(len(s.buf)-s.pos) { // an element takes a byte or more
		return 0, 0, errThriftCount
	}
	return head & 0x0f, int(n), nil
}

func (s *scanner) binary() error {
	n, err := s.varint()
	if err != nil {
		return err
	}
	if n > uint64(len(s.buf)-s.pos) {
		return errThriftCount
	}
	s.pos += int(n)
	return nil
}

func (s *scanner) varint() (uint64, error) {
	v, n := binary.Uvarint(s.buf[s.pos:])
	switch {
	case n == 0:
		return 0, errThriftShort
	case n < 0:
		return 0, errThriftVarint
	}
	s.pos += n
	return v, nil
}

func (s *scanner) byte() (byte, error) {
	if s.pos >= len(s.buf) {
		return 0, errThriftShort
	}
	s.pos++
	return s.buf[s.pos-1], nil
}

func (s *scanner) skip(n int) error {
	if n > len(s.buf)-s.pos {
		return errThriftShort
	}
	s.pos += n
	return nil
}

func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// CheckThrift checks that a message, such as a page index, can be handed to a
// decoder that allocates what the message's counts claim.
func CheckThrift(message []byte) error { return scanMessage(message, nil) }
