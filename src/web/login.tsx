// The door: the server's token for a cookie that only the browser can read.
import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { asProblem, type Problem, send } from './server.js';
import { Title } from './title.js';

export function Login() {
  const [problem, setProblem] = useState<Problem | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const enter = async (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    try {
      await send('/login', { token });
      location.reload();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <form className="login" onSubmit={(event) => void enter(event)}>
      <Title name="Log in" />
      <p>
        This server asks for its token: the value of <code>DOUBLEBLIND_TOKEN</code> where it was started.
      </p>
      <label>
        Token
        <input name="token" type="password" required ref={field} autoComplete="current-password" />
      </label>
      {problem !== null && (
        <p className="wrong" role="alert">
          {problem.status === 401 ? 'This is not the token.' : problem.message}
        </p>
      )}
      <button type="submit">Log in</button>
    </form>
  );
}
