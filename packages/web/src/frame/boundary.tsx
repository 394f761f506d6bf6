/** A view that fails says so and leaves the others, and the state of the site in the header, as they are. */
import { Component, type ReactNode } from 'react';

interface BoundaryProps {
  readonly what: string;
  readonly children: ReactNode;
}

export class Boundary extends Component<BoundaryProps, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className="empty" role="alert">
        <h2>{this.props.what} cannot be shown</h2>
        <p>The page made a mistake, or one of its files could not be loaded. The service is not affected.</p>
        <pre>{error.message}</pre>
        <p>
          <button type="button" className="button" onClick={() => this.setState({ error: null })}>
            Try again
          </button>
        </p>
      </main>
    );
  }
}
