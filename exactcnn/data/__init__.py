"""Exact samples: data sets, files, and Assumption 3.1."""

from exactcnn.data.collisions import PatchCollisions as PatchCollisions
from exactcnn.data.collisions import patch_collisions as patch_collisions
from exactcnn.data.dataset import Dataset as Dataset
from exactcnn.data.readers import read_arrays as read_arrays
from exactcnn.data.readers import read_matrix as read_matrix
from exactcnn.data.readers import read_samples as read_samples
from exactcnn.data.sources import digits as digits
from exactcnn.data.sources import fashion_mnist as fashion_mnist
from exactcnn.data.sources import mnist5k as mnist5k
