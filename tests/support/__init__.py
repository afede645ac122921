"""What several tests share: scripted sides of a session, and a terminal to run the program in."""
