// Package peer is HTTP as rbee programs speak it to each other: no proxy from
// the environment, no redirects followed, a deadline on dialling of its own,
// one kept transport, and as Host the IP literal that was dialled, so that the
// other side's Host allow-list never refuses a name it cannot know.
package peer
