# Stratum inside TLS that is not opened.
#: skip only its rhythm shows; a re-enactment of minutes does not fit here (tested with the detections)
pass
