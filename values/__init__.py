"""What everything is made of: money, time, ids, wire names, readings, sealed values, the closed set of refusals."""
