// Package schema: see the files.
package schema
