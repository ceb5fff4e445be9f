package migrate

// Lock keeps others from migrating.
var Lock = lock
