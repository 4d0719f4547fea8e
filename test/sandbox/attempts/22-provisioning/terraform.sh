# The command line; the program is not there, the attempt counts.
#: in watched
#: finding provisioning.command
terraform apply -auto-approve
