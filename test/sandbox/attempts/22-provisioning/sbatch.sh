# The command line; the program is not there, the attempt counts.
#: in watched
#: finding provisioning.command
sbatch --gres=gpu:8 train.sh
