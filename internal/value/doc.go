// Package value holds one typed scalar.
package value
