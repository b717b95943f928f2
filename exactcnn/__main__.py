"""Run the command: python -m exactcnn."""

from exactcnn.cli import main

if __name__ == "__main__":
    main()
