// Package arch keeps the import graph pointing downward. It has no code, only
// a test that knows the layers of ARCHITECTURE.md.
package arch
