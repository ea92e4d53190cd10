// Package storage holds objects.
package storage
