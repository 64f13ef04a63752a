package dbsqlc

// The statements that the store runs by itself, on the driver: their columns are
// those of Minute, in its order.
const (
	MinutesText = minutes
	HoursText   = hours
)
