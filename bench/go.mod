module github.com/foreset/foreset/bench

go 1.26.0

require (
	github.com/apache/arrow-go/v18 v18.8.0
	github.com/foreset/foreset v0.0.0
	github.com/foreset/foreset/interop v0.0.0
)

replace (
	github.com/foreset/foreset => ../
	github.com/foreset/foreset/interop => ../interop
)
