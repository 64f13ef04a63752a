//go:build !race

package store

// raceDetector tells whether the tests run with it; SQLite is then ten times
// slower.
const raceDetector = false
