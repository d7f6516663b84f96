throw new Error('cannot start: bad password hunter2-hunter2 for sk-abcdefghijklmnop');
