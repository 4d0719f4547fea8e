# One probe a minute.
#: skip takes minutes; the detections' tests have it
pass
