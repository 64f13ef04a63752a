// Package door is what both daemons put in front of their routes: the listener
// and its limits, the guard against browsers, problem answers for everything
// that goes wrong, and the OpenAPI document.
package door
